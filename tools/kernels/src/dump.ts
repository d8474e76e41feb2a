import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchKernel, runInVm } from '@skep/vm';

/** Modules whose functions and tracepoints tools name; those that a kernel lacks are left out. */
const MODULES = [
  ...['ext4', 'xfs', 'btrfs', 'f2fs', 'nfs', 'nfsv4', 'nfsd', 'cifs', 'fuse', 'overlay', '9p', 'sunrpc'],
  ...['dm_mod', 'md_mod', 'raid1', 'raid456', 'loop', 'null_blk', 'zram', 'nvme', 'scsi_mod', 'sd_mod'],
  ...['nf_conntrack', 'nf_nat', 'nf_tables', 'ip_tables', 'bridge', 'vxlan', 'ipv6', 'sctp', 'virtio_net'],
  'kvm',
];

/** What one boot of a kernel told of it. */
export interface KernelDump {
  readonly name: string;
  readonly release: string;
  readonly btf: Uint8Array;
  readonly moduleBtf: ReadonlyMap<string, Uint8Array>;
  /** Names of the functions that kprobes and fentry can be put on. */
  readonly traceable: ReadonlySet<string>;
  /** tracefs' `format` files, each behind a line `event: events/<category>/<name>/format`. */
  readonly formats: string;
  /** Names of performance monitoring units: `kprobe`, `uprobe` among them. */
  readonly pmus: readonly string[];
}

/**
 * Boot a kernel once and keep what it says, beside the kernel in the cache of tools/vm.
 *
 * Formats of tracepoints and the list of traceable functions exist only in a running kernel; the rest comes along.
 */
export async function dumpKernel(name: string, log: (line: string) => void): Promise<KernelDump> {
  const kernel = await fetchKernel(name, { log });
  const folder = join(kernel.folder, 'description');
  if (!existsSync(folder)) {
    log(`${name}: booting ${kernel.release}`);
    const fresh = `${folder}.new-${process.pid}`;
    mkdirSync(fresh, { recursive: true });
    try {
      const script = fileURLToPath(new URL('../guest/dump.sh', import.meta.url));
      const command = ['sh', script, ...MODULES];
      const { exitCode, stderr } = await runInVm({ kernel: name, command, out: fresh, cpus: 1, timeoutMs: 900_000 });
      if (exitCode !== 0) throw new Error(`${name}: the guest's script ended with ${exitCode}: ${stderr}`);
      renameSync(fresh, folder);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  return readDump(name, folder);
}

export function readDump(name: string, folder: string): KernelDump {
  const text = (file: string) => readFileSync(join(folder, file), 'utf8');
  const lines = (file: string) => text(file).split('\n').filter(Boolean);
  const blacklist = new Set(lines('blacklist').map((line) => line.split('\t')[0]!));
  const names = lines('functions').map((line) => line.split(/[ \t]/)[0]!);
  const modules = readdirSync(join(folder, 'btf')).filter((file) => file !== 'vmlinux');
  return {
    name,
    release: text('release').trim(),
    btf: readFileSync(join(folder, 'btf/vmlinux')),
    moduleBtf: new Map(modules.map((module) => [module, readFileSync(join(folder, 'btf', module))])),
    traceable: new Set(names.filter((one) => !blacklist.has(one) && !one.startsWith('__ftrace_invalid_address'))),
    formats: text('formats'),
    pmus: lines('pmus'),
  };
}
