// Runs in a virtual machine, on a kernel with kprobes: one-liners of stackcount's manual page, with BCC's tool and with
// skep's, on the same workload; prints what each has shown of it as JSON, a line for each.
import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildWork, startWork, WORK } from './work.mjs';

/** BCC's tool takes its compiler 40 to 200 s on an emulated processor. */
const READY_MS = 400_000;

/** Of the process of work.c, but for `disk`: seven reads of a disk, by whom it may be. */
const RUNS = [
  { args: ['-d', 'ip_output'] },
  { args: ['-K', 'submit_bio'], disk: true },
  { args: ['tcp_send*'] },
  { args: ['-r', '^tcp_send.*'] },
  { args: ['c:malloc'] },
  { args: [`u:${WORK}:gc*`] },
  { args: ['-K', 't:sched:sched_process_fork'] },
  { args: ['-Ti', '5', 'ip_output'] },
];

async function runOne(command, { args, disk }) {
  const work = await startWork();
  const child = spawn(command[0], [...command.slice(1), ...(disk ? [] : ['-p', String(work.pid)]), ...args]);
  let out = '';
  let err = '';
  let hasExited = false;
  const exited = new Promise((resolve) => child.once('exit', resolve)).then(() => (hasExited = true));
  child.stdout.on('data', (data) => (out += data));
  child.stderr.on('data', (data) => (err += data));
  const until = Date.now() + READY_MS;
  while (!/^Tracing/m.test(out) && !hasExited && Date.now() < until) await sleep(100);
  // The banner may stand before the last probe is attached.
  await sleep(1500);
  if (disk) {
    execFileSync('dd', ['if=/dev/vda', 'of=/dev/null', 'bs=4096', 'count=7', 'iflag=direct'], { stdio: 'ignore' });
  } else await work.go();
  await sleep(1500);
  child.kill('SIGINT');
  await Promise.race([exited, sleep(120_000)]);
  child.kill('SIGKILL');
  work.end();
  return { out, err };
}

buildWork();
const tools = {
  skep: [process.execPath, 'packages/cli/bin/skep.mjs', 'stackcount'],
  bcc: ['/usr/bin/python3', '-u', '/usr/sbin/stackcount-bpfcc'],
};
for (const name of process.argv.slice(2)) {
  for (const run of RUNS) {
    const shown = await runOne(tools[name], run);
    process.stdout.write(`${JSON.stringify({ name, args: run.args, ...shown })}\n`);
    process.stderr.write(`${Math.round(process.uptime())} s: ${name} ${run.args.join(' ')}\n`);
  }
}
