import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fetchKernel } from './fetch.js';
import type { VmOptions } from './options.js';
import { runInVm } from './run.js';

// Emulated, and beside other tests: a boot of 5 s on an idle machine may take ten times as long.
const TIMEOUT_MS = 300_000;

describe('a 6.1 kernel under QEMU', { timeout: TIMEOUT_MS }, () => {
  let folder: string;
  const run = (command: string[], options: Partial<VmOptions> = {}) => runInVm({ kernel: '6.1', command, ...options });
  const shell = (script: string, options: Partial<VmOptions> = {}) => run(['sh', '-c', script], options);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'skep-vm-test-'));
    await fetchKernel('6.1');
  }, TIMEOUT_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('runs a command as on the host: release, modules, disks, files, its exit status', async () => {
    const script = `uname -r; hostname; pwd
      echo aside >/dev/stderr
      test -d /sys/class/block/nullb0 && echo loaded before
      modprobe loop && test -c /dev/loop-control && echo loaded by hand
      ip link add skep0 type dummy && echo loaded by the kernel
      blockdev --getsize64 /dev/vda; echo "$GREETING" >/vmout/file
      touch /usr/bin/skep-scratch && echo writable
      getent hosts skep-vm | cut -d' ' -f1
      ls /sys/kernel/tracing/events/sched/sched_switch/id /sys/kernel/btf/vmlinux /sys/fs/cgroup/cgroup.procs
      grep -c ' /sys/fs/bpf bpf ' /proc/mounts
      exit 7`;
    const result = await shell(script, {
      modules: ['null_blk nr_devices=1 irqmode=2 completion_nsec=5000000'],
      disks: ['64M'],
      env: { GREETING: "it's written" },
      out: join(folder, 'out'),
      cwd: import.meta.dirname,
    });
    expect(result.stdout.split('\n')).toEqual([
      result.release,
      'skep-vm',
      import.meta.dirname,
      'loaded before',
      'loaded by hand',
      'loaded by the kernel',
      String(64 * 2 ** 20),
      'writable',
      '127.0.0.1',
      '/sys/fs/cgroup/cgroup.procs',
      '/sys/kernel/btf/vmlinux',
      '/sys/kernel/tracing/events/sched/sched_switch/id',
      '1',
      '',
    ]);
    expect(result.release).toMatch(/^6\.1\.0-\d+-amd64$/);
    expect(result.stderr).toBe('aside\n');
    expect(result.exitCode).toBe(7);
    expect(readFileSync(join(folder, 'out/file'), 'utf8')).toBe("it's written\n");
  });

  it('keeps both streams apart and every byte of them, also when something is left running', async () => {
    const [out, err] = [randomBytes(2 ** 20), randomBytes(300_001)];
    out[1000] = 0;
    writeFileSync(join(folder, 'out.bin'), out);
    writeFileSync(join(folder, 'err.bin'), err);
    const result = await shell('sleep 1000 & cat err.bin >&2 & cat out.bin; wait $!', { cwd: folder });
    expect(result.stdoutBytes.equals(out)).toBe(true);
    expect(result.stderrBytes.equals(err)).toBe(true);
    expect(result.exitCode).toBe(0);
  });

  it('tells a panic from a failed command, and shows what the kernel said', async () => {
    const failed = shell('echo before; echo c >/proc/sysrq-trigger');
    await expect(failed).rejects.toMatchObject({
      code: 'VM_PANIC',
      exitCode: 125,
      message: expect.stringContaining('while the command ran: Kernel panic - not syncing: sysrq triggered crash'),
      console: expect.stringContaining('Call Trace'),
    });
  });

  it('ends with a reason when the boot or the command takes too long, or when told to', async () => {
    await expect(run(['true'], { bootTimeoutMs: 500 })).rejects.toMatchObject({ code: 'VM_BOOT', exitCode: 125 });
    await expect(run(['true'], { timeoutMs: 500 })).rejects.toMatchObject({ code: 'VM_TIMEOUT' });
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 500);
    await expect(run(['true'], { signal: stop.signal })).rejects.toMatchObject({ code: 'VM_ABORTED' });
  });

  it('says which module cannot be loaded, and which program is not there', async () => {
    await expect(run(['true'], { modules: ['no_such_module'] })).rejects.toMatchObject({
      code: 'VM_GUEST',
      message: expect.stringMatching(/modprobe no_such_module: .*not found/),
    });
    expect(await run(['no-such-program'])).toMatchObject({
      exitCode: 127,
      stderr: expect.stringContaining('not found'),
    });
  });
});
