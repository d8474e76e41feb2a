import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeAtomically } from './cache.js';
import { type CpioEntry, cpio } from './cpio.js';
import { VmError } from './errors.js';
import type { CachedKernel } from './fetch.js';
import { findProgram } from './host-packages.js';
import { loadOrder, parseBuiltin, parseModulesDep } from './modules-dep.js';
import { run } from './process.js';

/** What the first stage needs to reach the real root; every other module is loaded from there. */
const MODULES = ['virtio_pci', 'virtio_console', '9pnet_virtio', '9p', 'overlay'];

/**
 * The initramfs of a kernel: busybox, the modules in the order of their needs, and the two stages of `guest/`.
 *
 * Not compressed: QEMU copies it to memory faster than an emulated processor unpacks it. Built once and kept beside
 * the kernel, under the hash of all that goes in.
 */
export async function initramfsFor(kernel: CachedKernel): Promise<Buffer> {
  const folder = join(kernel.root, 'usr/lib/modules', kernel.release);
  const text = (name: string) => readFileSync(join(folder, name), 'utf8');
  const order = loadOrder(MODULES, parseModulesDep(text('modules.dep')), parseBuiltin(text('modules.builtin')));
  const busybox = readFileSync(findProgram('busybox')!);
  const guest = fileURLToPath(new URL('../guest', import.meta.url));
  const stages = ['init', 'stage2'].map((name) => ({ name, data: readFileSync(join(guest, name)) }));

  const hash = createHash('sha256')
    .update(JSON.stringify([kernel.version, order]))
    .update(busybox);
  for (const stage of stages) hash.update(stage.data);
  const file = join(kernel.folder, `initramfs-${hash.digest('hex').slice(0, 16)}.cpio`);
  try {
    return readFileSync(file);
  } catch {} // not built yet

  const entries: CpioEntry[] = ['bin', 'dev', 'proc', 'sys', 'skep', 'skep/modules'].map((path) => ({ path }));
  entries.push({ path: 'bin/busybox', data: busybox, mode: 0o755 });
  entries.push({ path: 'bin/sh', target: 'busybox' });
  entries.push({ path: 'init', data: stages[0]!.data, mode: 0o755 });
  entries.push({ path: 'skep/stage2', data: stages[1]!.data });
  const names: string[] = [];
  for (const [at, module] of order.entries()) {
    const name = `${String(at).padStart(2, '0')}-${module.slice(module.lastIndexOf('/') + 1).replace(/\.(xz|gz|zst)$/, '')}`;
    names.push(name);
    entries.push({ path: `skep/modules/${name}`, data: await moduleData(join(folder, module)) });
  }
  entries.push({ path: 'skep/modules.order', data: Buffer.from(`${names.join('\n')}\n`) });
  const archive = cpio(entries);
  for (const old of readdirSync(kernel.folder)) {
    if (/^initramfs-\w+\.cpio$/.test(old)) rmSync(join(kernel.folder, old), { force: true });
  }
  writeAtomically(file, archive);
  return archive;
}

/** busybox inserts plain modules only. */
async function moduleData(file: string): Promise<Buffer> {
  const unpacker = { xz: ['xz', '-dc', file], gz: ['gzip', '-dc', file], zst: ['zstd', '-dcq', file] }[
    file.slice(file.lastIndexOf('.') + 1)
  ];
  if (unpacker === undefined) return readFileSync(file);
  const unpacked = await run(unpacker);
  if (unpacked.status !== 0) {
    throw new VmError(
      'VM_FETCH',
      `${file} cannot be unpacked: ${unpacked.stderr.trim()}`,
      'Fetch it again: vm fetch --update.',
    );
  }
  return unpacked.stdout;
}
