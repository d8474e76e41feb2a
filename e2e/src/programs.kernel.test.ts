// Programs of the user's own, compiled when the agent starts.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareHeaders } from '@skep/headers';
import { expect, it } from 'vitest';
import { temporaryFolder } from './support/paths.js';
import { accountOf, rowsIn, runSkep, startSkep } from './support/skep.js';
import { Storm } from './support/storm.js';

const env = prepareHeaders(() => undefined);

const program = (pid: number, more = '') => `
    use: bcc
    every: 2s
    options: { clear: [sizes], cflags: ["-DPID=${pid}"] }
    attach: [{ tracepoint: "syscalls:sys_exit_openat", fn: on_exit }]
    program: |
      struct open_event { skep_ktime_t time; u32 pid; skep_comm_t comm; u64 number; };
      struct exit_args { u64 common; long number; long result; };
      BPF_PERF_OUTPUT(opens);
      BPF_HISTOGRAM(sizes);
      BPF_ARRAY(state, u64, 1);
      TRACEPOINT_PROBE(syscalls, sys_enter_openat)
      {
      	struct open_event event = {};
      	int zero = 0;
      	u64 *count = state.lookup(&zero);

      	if (bpf_get_current_pid_tgid() >> 32 != PID || !count)
      		return 0;
      	event.time = bpf_ktime_get_boot_ns();
      	event.pid = PID;
      	event.number = (*count)++;
      	bpf_get_current_comm(&event.comm, sizeof(event.comm));
      	opens.perf_submit(args, &event, sizeof(event));
      	sizes.increment(bpf_log2l(event.number));${more}
      	return 0;
      }
      int on_exit(struct exit_args *args)
      {
      	return 0;
      }
`;

const configOf = (pid: number, { more = '', plugins = '', where = '', agent = '' } = {}) =>
  `version: 1\n${agent}plugins:\n  mine:${program(pid, more)}${plugins}sinks:\n  all: { use: file, path: ./all.jsonl${where} }\n`;

const numbersFrom = (first: number, count: number) => Array.from({ length: count }, (_, i) => first + i);

it('an inline program feeds sinks like any plugin: filtered, typed, accounted for', async () => {
  const storm = new Storm('/skep-e2e/no/such/file');
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'skep.yaml'), configOf(storm.pid, { where: ', where: "number >= 100 || count > 0"' }));
  const skep = startSkep(['run', join(folder, 'skep.yaml')], { env });
  await skep.attached();
  const rows = () => rowsIn(join(folder, 'all.jsonl'));
  const counts = () => rows().filter(({ stream }) => stream === 'sizes').length;
  await storm.open(1);
  await skep.until('a snapshot is written', () => counts() > 0);
  // Just after one, and long before the next: what is counted while an array is read and emptied may be lost.
  await storm.open(1008);
  await skep.until('the next one is written', () => counts() > 1);
  skep.kill('SIGINT');
  const { code, stderr } = await skep.ended;
  expect(code).toBe(0);
  const opens = rows().filter(({ stream }) => stream === 'opens');
  // The order of events holds within a CPU only.
  expect(opens.map(({ number }) => number).sort((a, b) => a - b)).toEqual(numbersFrom(100, 909));
  expect(opens[0]).toMatchObject({ source: 'mine', pid: storm.pid, comm: 'storm' });
  expect(Date.parse(opens[0].time)).toBeGreaterThan(Date.now() - 120_000);
  const counted = rows().filter(({ stream }) => stream === 'sizes');
  // Every reading empties the table, so readings add up to what was counted.
  expect(counted.reduce((sum, { count }) => sum + Number(count), 0)).toBe(1009);
  expect(accountOf(stderr, 'mine.opens -> all')).toMatchObject({ attempted: 1009 });
  expect(stderr).not.toMatch(/unaccounted/);
});

it('mistakes in its text are shown in the YAML file, by check as by run, and nothing is attached', async () => {
  const file = join(temporaryFolder(), 'skep.yaml');
  writeFileSync(file, configOf(1, { more: '\n      	sizes.incremnt(1);' }));
  const line =
    readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((text) => text.includes('incremnt')) + 1;
  for (const command of ['check', 'run']) {
    const { code, stderr, stdout } = await runSkep([command, file], { env });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`error[SKEP_COMPILE]: no member named 'incremnt'`);
    expect(stderr).toContain(`--> ${file}:${line}:14\n`);
    expect(stderr).not.toMatch(/^\s+at /m);
  }
});

it('a reload leaves a program alone that has not changed, and compiles one that has', async () => {
  const storm = new Storm('/skep-e2e/no/such/file');
  const folder = temporaryFolder();
  const agent = 'agent: { privileges: keep }\n';
  const file = join(folder, 'skep.yaml');
  writeFileSync(file, configOf(storm.pid, { agent }));
  const skep = startSkep(['run', file], { env });
  await skep.attached();
  let seen = 0;
  /** Open so often; the numbers that these events have, whichever CPU they come from. */
  const numbersOf = async (count: number) => {
    await storm.open(count);
    seen += count;
    const opens = () => rowsIn(join(folder, 'all.jsonl')).filter(({ stream }) => stream === 'opens');
    await skep.until(`${seen} events are written`, () => opens().length >= seen);
    const numbers: number[] = opens().map(({ number }) => number);
    return numbers.slice(seen - count).sort((a, b) => a - b);
  };
  expect(await numbersOf(11)).toEqual(numbersFrom(0, 11));
  writeFileSync(file, configOf(storm.pid, { agent, plugins: '  more: { use: opensnoop, options: { pid: 1 } }\n' }));
  skep.kill('SIGHUP');
  await skep.until('it is reloaded', () => /reloaded .*more/.test(skep.stderr));
  // The table that counts is still the same one.
  expect(await numbersOf(11)).toEqual(numbersFrom(11, 11));
  writeFileSync(file, configOf(storm.pid, { agent, more: '\n      	(void)0;' }));
  skep.kill('SIGHUP');
  await skep.until('it is reloaded again', () => skep.stderr.match(/reloaded /g)?.length === 2);
  expect(await numbersOf(7), 'it counts anew').toEqual(numbersFrom(0, 7));
  writeFileSync(file, configOf(storm.pid, { agent, more: '\n      	nonsense' }));
  skep.kill('SIGHUP');
  await skep.until('the mistake is told', () => /was not taken; the old configuration goes on/.test(skep.stderr));
  expect(await numbersOf(7), 'the old program goes on').toEqual(numbersFrom(7, 7));
  skep.kill('SIGINT');
  expect((await skep.ended).code).toBe(0);
});
