// Recordings of tools whose rows hold stacks, replayed when the traced process is gone.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { prepareHeaders } from '@skep/headers';
import { loadConfig, Recording } from '@skep/runner';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compiled } from './support/compile.js';
import { ELSEWHERE } from './support/elsewhere.js';
import { temporaryFolder } from './support/paths.js';
import { rowsIn, runSkep, startSkep } from './support/skep.js';
import { until } from './support/until.js';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const headers = kernelHeaders();

/** What programs are compiled with; undefined where it cannot be had. */
function kernelHeaders(): ReturnType<typeof prepareHeaders> | undefined {
  try {
    return prepareHeaders(() => undefined);
  } catch {
    return undefined;
  }
}

function startPlaces(): ChildProcess {
  const places = spawn(compiled('places'));
  onTestFinished(() => void places.kill('SIGKILL'));
  return places;
}

async function end(places: ChildProcess): Promise<void> {
  places.kill('SIGKILL');
  await once(places, 'exit');
}

const pluginsFor = (pid: number) => `version: 1
plugins:
  cpu: { use: profile, every: 1s, options: { pids: [${pid}], frequency: 199 } }
  blocked: { use: offcputime, every: 1s, options: { pids: [${pid}], offset: true } }
  opens: { use: opensnoop, options: { pid: ${pid}, callers: true } }\n`;

describe('a recording of stacks', () => {
  it('is replayed byte for byte by a user without libbpf, when the process is gone', async () => {
    const places = startPlaces();
    const folder = temporaryFolder();
    const config = join(folder, 'skep.yaml');
    writeFileSync(config, pluginsFor(places.pid!));
    const file = join(folder, 'out.skeprec');
    const skep = startSkep(['record', config, '-o', file, '--print']);
    const frames = ['burns_here', 'sleeps_here', 'opens_here'].map(
      (name) => new RegExp(` ${name}\\+0x[0-9a-f]+ \\[places\\]\n`),
    );
    await skep.until('each of them is shown', () => frames.every((frame) => frame.test(skep.stdout)));
    skep.kill('SIGINT');
    const live = await skep.ended;
    await end(places);
    expect(live.code).toBe(0);
    chmodSync(folder, 0o755);
    chmodSync(file, 0o644);
    const again = await runSkep(['replay', file], { through: ELSEWHERE });
    expect(again.stderr).not.toMatch(/error|unaccounted/);
    expect(again.code).toBe(0);
    expect(again.stdout === live.stdout).toBe(true);
  });

  it('is a picture by the name of a file alone', async () => {
    const places = startPlaces();
    const folder = temporaryFolder();
    const config = join(folder, 'skep.yaml');
    writeFileSync(
      config,
      `version: 1\nplugins: { cpu: { use: profile, options: { pids: [${places.pid}], folded: true } } }\n`,
    );
    const file = join(folder, 'out.skeprec');
    expect((await runSkep(['record', config, '-o', file, '--duration', '3s'])).code).toBe(0);
    await end(places);
    const picture = join(folder, 'cpu.svg');
    expect((await runSkep(['replay', file, '-o', picture])).code).toBe(0);
    expect(readFileSync(picture, 'utf8')).toContain('data-name="burns_here"');
    const folded = await runSkep(['replay', file]);
    expect(folded.stdout).toMatch(/^places;.*;main;burns_here \d+$/m);
  });

  it('gives JSON and a flame graph as they were made live', async () => {
    const places = startPlaces();
    const folder = temporaryFolder();
    const [live, again] = ['live', 'again'].map((name) => {
      const path = join(folder, name);
      mkdirSync(path);
      const sinks = `sinks:
  rows: { use: file, from: [cpu, blocked, opens], path: ${join(path, 'rows.jsonl')} }
  flames: { use: flamegraph, from: [cpu], path: ${join(path, 'cpu.svg')} }\n`;
      writeFileSync(join(path, 'skep.yaml'), pluginsFor(places.pid!) + sinks);
      return path;
    }) as [string, string];
    const file = join(folder, 'out.skeprec');
    const config = await loadConfig(join(live, 'skep.yaml'));
    const recording = await Recording.start(config.plugins, file, SILENT, { sinks: config.sinks });
    const rows = () => rowsIn(join(live, 'rows.jsonl'));
    const framesOf = (source: string, column: string) =>
      rows()
        .filter((row) => row.source === source)
        .flatMap((row) => row[column] as string[]);
    await until(
      'each of them is written',
      () =>
        framesOf('cpu', 'frames').includes('burns_here') &&
        framesOf('blocked', 'frames').includes('sleeps_here') &&
        framesOf('opens', 'callers').includes('opens_here'),
    );
    recording.stop();
    await recording.finished();
    await end(places);
    const { code, stderr } = await runSkep(['replay', file, '--config', join(again, 'skep.yaml')]);
    expect(code, stderr).toBe(0);
    for (const name of ['rows.jsonl', 'cpu.svg']) {
      expect(readFileSync(join(again, name), 'utf8') === readFileSync(join(live, name), 'utf8'), name).toBe(true);
    }
    expect(readFileSync(join(live, 'cpu.svg'), 'utf8')).toContain('data-name="burns_here"');
  });
});

describe.skipIf(!headers)('a recording of tools that make their rows themselves', () => {
  it('is replayed byte for byte, without libbpf', async () => {
    const places = startPlaces();
    const folder = temporaryFolder();
    const config = join(folder, 'skep.yaml');
    const [pid, at] = [places.pid, 't:syscalls:sys_enter_openat'];
    const keeping = 'const kept = []; setInterval(() => kept.push(Buffer.allocUnsafeSlow(100_000)), 20)';
    const leaky = spawn(process.execPath, ['-e', keeping]);
    onTestFinished(() => void leaky.kill('SIGKILL'));
    writeFileSync(
      config,
      `version: 1
plugins:
  calls: { use: trace, options: { probes: ['${at} "%s", args->filename'], user_stack: true, pid: ${pid} } }
  callers: { use: stackcount, every: 1s, options: { pattern: '${at}', pid: ${pid}, offset: true } }
  counts: { use: funccount, every: 1s, options: { pattern: '${compiled('places')}:opens_here', pid: ${pid} } }
  times: { use: funclatency, every: 1s, options: { pattern: '${compiled('places')}:sleeps_here', pid: ${pid} } }
  flags:
    use: argdist
    every: 1s
    options: { count: ['${at}():int:args->dfd'], histogram: ['${at}():u64:args->flags'], pid: ${pid} }
  leaks: { use: memleak, every: 1s, options: { pid: ${leaky.pid} } }
  list: { use: tplist, options: { filter: 'sched:sched_switch', level: 1 } }
  opens:
    use: bcc
    every: 1s
    program: |
      struct open_event { skep_ktime_t time; u32 pid; int folder; skep_comm_t comm; };
      BPF_PERF_OUTPUT(events);
      BPF_HISTOGRAM(pids);
      TRACEPOINT_PROBE(syscalls, sys_enter_openat)
      {
        struct open_event event = {};
        event.time = bpf_ktime_get_boot_ns();
        event.pid = bpf_get_current_pid_tgid() >> 32;
        event.folder = args->dfd;
        bpf_get_current_comm(&event.comm, sizeof(event.comm));
        events.perf_submit(args, &event, sizeof(event));
        pids.increment(bpf_log2l(event.pid));
        return 0;
      }\n`,
    );
    const file = join(folder, 'out.skeprec');
    const skep = startSkep(['record', config, '-o', file, '--print'], { env: headers! });
    const parts = [
      /^calls .*sys_enter_openat \/skep-e2e\/no\/such\/file$/m,
      /^calls +\| +opens_here$/m,
      /^callers +\| +opens_here\+0x[0-9a-f]+$/m,
      /^opens\/events .* places$/m,
      /^counts .* opens_here +\d+$/m,
      /^times\/totals .* nsecs, count: \d+$/m,
      /^flags\/counts .* args->dfd = -100$/m,
      /^flags\/histograms .*\|\*+/m,
      /^leaks .* bytes in \d+ allocations/m,
      /^list .* sched:sched_switch +char prev_comm\[16\]/m,
      /^opens\/pids +\| .*\|\*+/m,
    ];
    await skep.until('each of them is shown', () => parts.every((part) => part.test(skep.stdout)));
    skep.kill('SIGINT');
    const live = await skep.ended;
    await end(places);
    await end(leaky);
    expect(live.code, live.stderr).toBe(0);
    chmodSync(folder, 0o755);
    chmodSync(file, 0o644);
    const again = await runSkep(['replay', file], { through: ELSEWHERE });
    expect(again.code, again.stderr).toBe(0);
    expect(again.stdout === live.stdout).toBe(true);
    const account = (text: string) => text.match(/\d+ attempted = .*/g);
    expect(account(again.stderr)).toEqual(
      live.stderr
        .split('\n')
        .filter((line) => line.includes('-> stdout'))
        .flatMap((line) => account(line)),
    );
  });
});
