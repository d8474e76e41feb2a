// Below root on Debian kernels, whose rules differ: perf events and user probes want CAP_SYS_ADMIN, 5.10 counts maps as
// locked memory.
import { join } from 'node:path';
import { runInVm } from '@skep/vm';
import { describe, expect, it } from 'vitest';
import type { Trial } from './programs/capabilities.js';
import { ROOT } from './support/paths.js';
import { expectExact, TOOLS } from './support/trials.js';

// Emulated, and beside other tests.
const TIMEOUT_MS = 3_600_000;

function inVm(kernel: string, command: readonly string[]) {
  return runInVm({ kernel, command, cwd: ROOT, cpus: 1, timeoutMs: TIMEOUT_MS });
}

describe.each(['6.1'])('an ordinary user on %s', { timeout: TIMEOUT_MS }, (kernel) => {
  it('runs each tool with what explain prints, and is told what is missing with one less', async () => {
    const { stdout } = await inVm(kernel, ['node', join(ROOT, 'e2e/dist/programs/capabilities.js'), ...TOOLS]);
    const trials = JSON.parse(stdout) as Trial[];
    expect(trials.map(({ tool }) => tool)).toEqual(TOOLS);
    for (const trial of trials) expectExact(trial);
  });
});

describe('opensnoop on 6.1', { timeout: TIMEOUT_MS }, () => {
  // Options of tracefs are the same wherever it is mounted: a guest of its own.
  it('needs neither CAP_SYS_ADMIN nor CAP_DAC_READ_SEARCH once perf events and tracefs are opened', async () => {
    const script = `
      sysctl -qw kernel.perf_event_paranoid=2
      mount -o remount,gid=65534,mode=0750 /sys/kernel/tracing
      user='setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=+bpf,+perfmon --ambient-caps=+bpf,+perfmon --'
      $user node packages/cli/bin/skep.mjs explain opensnoop
      $user node packages/cli/bin/skep.mjs opensnoop --duration 300ms >/dev/null`;
    const { stdout, stderr, exitCode } = await inVm('6.1', ['sh', '-c', script]);
    expect(stdout).toMatch(/takes +open_exit \(tracepoint/);
    expect(stdout).toMatch(/as an ordinary user, with CAP_PERFMON, CAP_BPF:/);
    expect(stderr).toMatch(/opens: \d+ attempted/);
    expect(exitCode).toBe(0);
  });
});

describe('execsnoop on 6.1', { timeout: TIMEOUT_MS }, () => {
  // The header is written once everything is attached and dropped.
  const script = `
    cp "$(command -v node)" /tmp/node && setcap cap_bpf,cap_perfmon=ep /tmp/node
    trace() {
      "$@" packages/cli/bin/skep.mjs execsnoop -o csv >/tmp/rows & skep=$!
      for i in $(seq 3000); do grep -q '^time,' /tmp/rows && break; sleep 0.1; done
      grep -Eh '^(Uid|CapPrm|CapEff|NoNewPrivs)' /proc/$skep/task/*/status | sort -u
      /bin/true traced
      kill -INT $skep; wait $skep; echo status $?
      grep -c '/bin/true traced' /tmp/rows
    }
    user='setpriv --reuid=65534 --regid=65534 --clear-groups'
    trace $user /tmp/node
    trace $user --inh-caps=+bpf,+perfmon --ambient-caps=+bpf,+perfmon -- node`;

  it('runs with capabilities of the file and with ambient ones, and keeps none of them', async () => {
    const { stdout } = await inVm('6.1', ['sh', '-c', script]);
    const none = '0000000000000000';
    const once = [`CapEff:\t${none}`, `CapPrm:\t${none}`, 'NoNewPrivs:\t1', 'Uid:\t65534\t65534\t65534\t65534'];
    expect(stdout.split('\n')).toEqual([...once, 'status 0', '1', ...once, 'status 0', '1', '']);
  });
});

describe('snapshots after the drop', { timeout: TIMEOUT_MS }, () => {
  it.each([
    ['5.10', 'only CAP_BPF kept'],
    ['6.1', 'no capability left'],
  ])('are taken on %s, with %s', async (kernel, said) => {
    const command = ['node', 'packages/cli/bin/skep.mjs', 'softirqs', '1', '3', '-v', '-o', 'json'];
    const { stdout, stderr, exitCode } = await inVm(kernel, command);
    expect(stderr).toContain(`privileges dropped: ${said}`);
    expect(
      new Set(
        stdout
          .split('\n')
          .filter(Boolean)
          .map((line) => JSON.parse(line).time),
      ).size,
    ).toBe(3);
    expect(stderr).toMatch(/totals: \d+ attempted = \d+ delivered/);
    expect(exitCode).toBe(0);
  });
});
