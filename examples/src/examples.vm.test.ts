import { runInVm } from '@skep/vm';
import { expect, it } from 'vitest';

/**
 * Start an example, do something once it has printed its header, and end it with Ctrl-C when it has shown that. It compiles
 * its program first, which is slow on an emulated processor.
 */
const script = (name: string, work: string, lines: number) => `
node examples/dist/${name}.js >/tmp/out 2>/tmp/err & example=$!
shown() { while [ $(wc -l </tmp/out) -lt $1 ] && kill -0 $example; do sleep 0.5; done; }
shown 1
${work}
shown ${lines}
kill -INT $example; wait $example; echo "status $?"; cat /tmp/out /tmp/err`;

it('hello world and sync, as the kernel calls them', { timeout: 3_600_000 }, async () => {
  const both = script('hello-world', '(:); (:); (:)', 4) + script('sync-watch', 'sync; sync', 3);
  const { stdout } = await runInVm({
    kernel: '6.1',
    headers: true,
    cpus: 1,
    command: ['bash', '-c', both],
    timeoutMs: 3_000_000,
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
