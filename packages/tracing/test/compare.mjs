// Runs in a virtual machine, on a kernel with kprobes: one-liners of BCC's manual pages, with the tools that the first
// argument names (`bcc` or `skep`), each on a workload of its own that always does the same; prints the
// release of the kernel and what each one-liner has shown as JSON, a line for each. Names after it are those of one-liners:
// only they are run.
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { oneLiners } from './one-liners.mjs';
import { buildWork, startWork, WORK } from './work.mjs';

const SKEP = 'packages/cli/bin/skep.mjs';
/** Tools of a round compile at the same time: 40 to 200 s for one on an emulated processor. */
const READY_MS = 900_000;
/** The header of some stands before the last probe is attached. */
const ATTACHED_MS = 5000;
/** The workload sleeps for a second, and its calls take long where each is traced. */
const WORK_MS = 300_000;
/** Two outputs of those that have one every four seconds. */
const SETTLE_MS = 9000;

/** Bugs of BCC 0.26 without which its tools run what their manual pages show. */
const MENDS = {
  trace: [
    // What map() gives is never asked for.
    [
      "map(lambda x: self.bpf.add_module(x), self.args.sym_file_list.split(','))",
      "list(map(lambda x: self.bpf.add_module(x), self.args.sym_file_list.split(',')))",
    ],
  ],
  funccount: [
    // Names of tracepoints are texts already.
    ["self.probe.trace_functions[k.value].decode('utf-8', 'replace')", 'text_of(self.probe.trace_functions[k.value])'],
    [
      'def verify_limit(',
      'def text_of(name):\n    return name if isinstance(name, str) else name.decode()\n\ndef verify_limit(',
    ],
    // Files and probes of USDT are not.
    ['str(self.library)', 'text_of(self.library)'],
    ['enable_probe(match, new_func)', 'enable_probe(match.decode(), new_func.decode())'],
    // A function that cannot be probed is no reason to give up the others.
    [
      '                self.bpf.attach_kprobe(\n                        event=function,\n                        fn_name="trace_count_%d" % index)',
      '                try:\n                    self.bpf.attach_kprobe(event=function, fn_name="trace_count_%d" % index)\n                except Exception:\n                    pass',
    ],
  ],
};

/** BCC's tools, mended, at places of their own. */
function mendTools() {
  for (const tool of ['argdist', 'funccount', 'stackcount', 'trace']) {
    let text = readFileSync(`/usr/sbin/${tool}-bpfcc`, 'utf8');
    for (const [from, to] of MENDS[tool] ?? []) text = text.replaceAll(from, to);
    writeFileSync(`/tmp/${tool}-bpfcc`, text);
  }
}

const bccTool = (tool) => ['/usr/bin/python3', '-u', `/tmp/${tool}-bpfcc`];

const log = (text) => process.stderr.write(`${Math.round(process.uptime())} s: ${text}\n`);

/** Its addresses are the same each time, and it runs on the second processor. */
const startSteadyWork = () => startWork('taskset', '-c', '1', 'setarch', '-R');

class Running {
  out = '';
  err = '';
  hasExited = false;

  constructor(run, command, work) {
    this.run = run;
    this.work = work;
    const own = run.everywhere ? [] : ['-p', String(work.pid)];
    this.child = spawn(command[0], [...command.slice(1), ...own, ...run.args], {
      env: { ...process.env, BPF_PROBE_LIMIT: '5000', BCC_PROBE_LIMIT: '5000' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.exited = new Promise((resolve) => {
      this.child.once('close', resolve); // all that it has shown has been read
    });
    this.exited.then(() => {
      this.hasExited = true;
    });
    this.child.stdout.on('data', (data) => {
      this.out += data;
    });
    this.child.stderr.on('data', (data) => {
      this.err += data;
    });
  }

  async ready() {
    const until = Date.now() + READY_MS;
    while (!this.run.ready.test(this.out) && !this.hasExited && Date.now() < until) await sleep(200);
    log(`${this.run.tool} ${this.run.name}: ${this.hasExited ? `ended: ${this.err.trim().slice(-300)}` : 'attached'}`);
  }

  async stop() {
    this.child.kill('SIGINT');
    await Promise.race([this.exited, sleep(120_000)]);
    this.child.kill('SIGKILL');
    this.work.end();
    return { out: this.out.replaceAll(String(this.work.pid), 'PID'), err: this.err };
  }
}

/** All runs of a round at once; what each has shown. */
async function runRound(runs, commandOf) {
  const works = await Promise.all(runs.map(startSteadyWork));
  const running = runs.map((run, i) => new Running(run, commandOf(run.tool), works[i]));
  await Promise.all(running.map((one) => one.ready()));
  await sleep(ATTACHED_MS);
  await Promise.race([Promise.all(works.map((work) => work.go())), sleep(WORK_MS, undefined, { ref: false })]);
  if (runs.some(({ everywhere }) => everywhere)) {
    const options = { input: 'echo skep-42\nexit\n', stdio: ['pipe', 'ignore', 'ignore'], timeout: WORK_MS };
    execFileSync('script', ['-qec', '/bin/bash --norc -i', '/dev/null'], {
      ...options,
      env: { ...process.env, HISTFILE: '/dev/null' },
    });
    execFileSync('dd', ['if=/dev/vda', 'of=/dev/null', 'bs=4096', 'count=7', 'iflag=direct'], { stdio: 'ignore' });
  }
  await sleep(SETTLE_MS);
  return Promise.all(running.map((one) => one.stop()));
}

buildWork();
const [tools, ...wanted] = process.argv.slice(2);
if (tools === 'bcc') mendTools();
console.log(JSON.stringify({ release: release() }));
const commandOf = tools === 'bcc' ? bccTool : (tool) => [process.execPath, SKEP, tool];
for (const round of oneLiners(WORK)) {
  const runs = round.filter(({ tool, name }) => wanted.length === 0 || wanted.includes(`${tool} ${name}`));
  const outputs = runs.length === 0 ? [] : await runRound(runs, commandOf);
  for (const [i, shown] of outputs.entries()) {
    console.log(JSON.stringify({ tool: runs[i].tool, name: runs[i].name, ...shown }));
  }
}
