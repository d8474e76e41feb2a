import { runInVm } from '@skep/vm';
import { expect, it } from 'vitest';

/**
 * Start an example, do something once it has printed its header, and end it with Ctrl-C when it has shown that. It compiles
 * its program first, which is slow on an emulated processor.
 */
const script = (name: string, work: string, lines: number) => `
node examples/dist/${name}.js >/tmp/out 2>/tmp/err & example=$!
for i in $(seq 1200); do grep -qE 'TIME' /tmp/out && break; sleep 0.5; done
${work}
for i in $(seq 120); do [ $(wc -l </tmp/out) -gt ${lines} ] && break; sleep 0.5; done
kill -INT $example; wait $example; echo "status $?"; cat /tmp/out /tmp/err`;

it('hello world and sync, as the kernel calls them', { timeout: 1_800_000 }, async () => {
  const both = script('hello-world', '(:); (:); (:)', 3) + script('sync-watch', 'sync; sync', 2);
  const { stdout } = await runInVm({
    kernel: '6.1',
    headers: true,
    cpus: 1,
    command: ['bash', '-c', both],
    timeoutMs: 1_500_000,
  });
  const [hello = '', sync = ''] = stdout.split('status 0\n').slice(1);
  const lines = hello.trim().split('\n');
  expect(lines[0]).toBe('TIME(s)            COMM             PID     MESSAGE');
  expect(lines.filter((line) => /^\d+\.\d{9}\s+bash\s+\d+\s+Hello, World!$/.test(line)).length).toBeGreaterThanOrEqual(
    3,
  );
  const calls = sync.trim().split('\n');
  expect(calls[0]).toBe('TIME         COMM             PID     SINCE(ms)');
  expect(calls.length).toBe(3);
  expect(calls[1]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} sync\s+\d+\s+-$/);
  expect(calls[2]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} sync\s+\d+\s+\d+\.\d$/);
});
