// Runs in a virtual machine, on a kernel with kprobes: one-liners of BCC's manual pages, first with BCC's tool and then with
// skep's, on the same workload; prints what each has shown of it as JSON.
import { execFileSync, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const WORK = '/tmp/skepwork';
const SKEP = 'packages/cli/bin/skep.mjs';
/** A tool of BCC's takes its compiler 40 to 200 s on an emulated processor. */
const READY_MS = 400_000;

execFileSync('clang', ['-O1', '-fno-builtin', '-o', WORK, 'packages/tracing/test/work.c']);

/** Tool, options of the process that is traced are added; `block` and `bash` are not of that process. */
const RUNS = [
  {
    tool: 'trace',
    args: [
      '::do_sys_openat2 "%s", arg2@user',
      '::sys_read (arg3 > 20000) "read %d bytes", arg3',
      ':c:malloc "size = %d", arg1',
      '__x64_sys_nanosleep(struct __kernel_timespec *ts) "sleep for %lld ns", ts->tv_nsec',
    ],
    ready: /^PID/m,
  },
  {
    tool: 'trace',
    everywhere: true,
    args: ['r:bash:readline "%s", retval', 't:block:block_rq_complete "%d sectors", args->nr_sector'],
    ready: /^PID/m,
  },
  {
    tool: 'argdist',
    args: [
      ...['-c', '-i', '4', '-z', '120'],
      ...['-C', 'p:c:malloc(size_t size):size_t:size:size==16'],
      ...['-C', 'p:c:write(int fd):int:fd'],
      ...['-C', 'p:c:fork():int:$PID#fork per process'],
      ...['-C', 'p:c:write(int fd, char* buf, size_t len):char*:buf:fd==1'],
      ...['-H', 'r:c:read()'],
      ...['-H', 'p:c:write(int fd, const void *buf, size_t count):size_t:count:fd==1'],
      ...['-H', 'p:c:sleep(u32 seconds):u32:seconds'],
    ],
    ready: /^\[?\d\d:\d\d:\d\d/m,
    settleMs: 9000,
  },
  { tool: 'funccount', args: ['vfs_*'], ready: /^Tracing/m },
  { tool: 'funccount', args: ['-r', '^vfs_(read|write|open)$'], ready: /^Tracing/m },
  { tool: 'funccount', args: ['tcp_send*'], ready: /^Tracing/m },
  { tool: 'funccount', args: ['t:sched:sched_process_fork'], ready: /^Tracing/m },
  { tool: 'funccount', args: ['c:malloc'], ready: /^Tracing/m },
  { tool: 'funccount', args: [`u:${WORK}:gc*`], ready: /^Tracing/m },
];

async function startWork() {
  const child = spawn(WORK, { stdio: ['pipe', 'ignore', 'ignore', 'pipe'] });
  const said = (text) =>
    new Promise((resolve) => {
      const look = (data) => String(data).includes(text) && resolve();
      child.stdio[3].on('data', look);
    });
  await said('ready');
  return {
    pid: child.pid,
    async go() {
      const done = said('done');
      child.stdin.write('go\n');
      await done;
    },
    end: () => child.stdin.end(),
  };
}

function shell() {
  execFileSync('script', ['-qec', 'bash --norc -i', '/dev/null'], {
    input: 'echo skep-42\nexit\n',
    env: { ...process.env, HISTFILE: '/dev/null' },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

async function runOne(command, { args, ready, everywhere, settleMs = 1500 }) {
  const work = await startWork();
  const child = spawn(command[0], [...command.slice(1), ...(everywhere ? [] : ['-p', String(work.pid)]), ...args], {
    env: { ...process.env, BPF_PROBE_LIMIT: '5000' },
  });
  let out = '';
  let err = '';
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let hasExited = false;
  exited.then(() => {
    hasExited = true;
  });
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const until = Date.now() + READY_MS;
  while (!ready.test(out) && !hasExited && Date.now() < until) await sleep(100);
  // The header may stand before the last probe is attached.
  await sleep(1500);
  if (everywhere) {
    shell();
    execFileSync('dd', ['if=/dev/vda', 'of=/dev/null', 'bs=4096', 'count=7', 'iflag=direct'], { stdio: 'ignore' });
  } else await work.go();
  await sleep(settleMs);
  child.kill('SIGINT');
  await Promise.race([exited, sleep(120_000)]);
  child.kill('SIGKILL');
  work.end();
  return { out: out.replaceAll(String(work.pid), 'PID'), err };
}

const results = [];
for (const run of RUNS) {
  const bcc = await runOne(['/usr/bin/python3', '-u', `/usr/sbin/${run.tool}-bpfcc`], run);
  const skep = await runOne([process.execPath, SKEP, run.tool], run);
  process.stderr.write(
    `${Math.round(process.uptime())} s: ${run.tool}, ${bcc.out.length} and ${skep.out.length} bytes\n`,
  );
  if (bcc.out === '' || skep.out === '') process.stderr.write(`${bcc.err}\n${skep.err}\n`);
  results.push({ tool: run.tool, args: run.args, bcc, skep });
}
process.stdout.write(JSON.stringify(results));
