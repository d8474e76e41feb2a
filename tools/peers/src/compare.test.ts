import { expect, it } from 'vitest';
import { compare, type Outputs, type RunFacts } from './compare.js';
import { parse } from './parse.js';
import { reportText } from './report.js';
import { TOOLS } from './tools.js';

const EXECSNOOP_BCC = `PCOMM            PID     PPID    RET ARGS
node             173     155       0 /usr/bin/node packages/cli/bin/skep.mjs gethostlatency
sh               214     155       0 /usr/bin/sh -c /bin/echo skep a b
echo             215     214       0 /bin/echo skep a b
perl             216     214       0 /usr/bin/perl -e exec "/nonexist-skep","x"
perl             216     214      -2 /nonexist-skep x
perl             217     214       0 /usr/bin/perl -e exec {"/bin/true"} "renamed","y"
true             217     214       0 /bin/true y
`;
const EXECSNOOP_SKEP = `COMM             PID     PPID    RET ARGS
sh               214     155       0 /usr/bin/sh -c /bin/echo skep a b
echo             215     214       0 /bin/echo skep a b
perl             216     214       0 /usr/bin/perl -e exec "/nonexist-skep","x"
perl             216     214      -2 /nonexist-skep x
perl             217     214       0 /usr/bin/perl -e exec {"/bin/true"} "renamed","y"
true             217     214       0 /bin/true y
`;
const TCPLIFE_BCC = `PID   COMM       LADDR           LPORT RADDR           RPORT TX_KB RX_KB MS
227   bash       127.0.0.1       48123 127.0.0.1       45886   200     0 417.45
227   bash       127.0.0.1       45886 127.0.0.1       48123     0   200 435.25
21    ksoftirqd/ 127.0.0.1       48123 127.0.0.1       45890   200     0 724.23
229   bash       127.0.0.1       45890 127.0.0.1       48123     0   200 753.47
`;
const TCPLIFE_SKEP = `PID   COMM       LADDR           LPORT RADDR           RPORT TX_KB RX_KB MS
225   perl       127.0.0.1       48123 127.0.0.1       45886   200     0 421.95
227   bash       127.0.0.1       45886 127.0.0.1       48123     0   200 435.19
225   perl       127.0.0.1       48123 127.0.0.1       45890   200     0 724.43
229   bash       127.0.0.1       45890 127.0.0.1       48123     0   200 753.70
`;
const GETHOSTLATENCY_BCC = `TIME      PID     COMM                  LATms HOST
09:26:07  225     perl                   5.80 127.0.0.1
09:26:17  234     getent               407.50 localhost
09:26:19  236     getent                94.36 nosuch.invalid
`;
const GETHOSTLATENCY_SKEP = `TIME      PID     COMM                  LATms HOST
09:26:41  255     getent               125.05 localhost
09:26:42  257     getent                96.86 nosuch.invalid
`;

const NO_ERRORS = { bcc: '', skep: '' };

function compared(name: string, bcc: string, skep: string, facts: Partial<RunFacts> = {}, stderr = NO_ERRORS) {
  const tool = TOOLS.find((one) => one.name === name)!;
  const all = (text: string): [number, number] => [0, Buffer.byteLength(text)];
  const outputs: Outputs = { stdout: { bcc, skep }, stderr };
  const defaults: RunFacts = {
    shells: { bcc: '214', skep: '214' },
    marks: { bcc: all(bcc), skep: all(skep) },
    readySeconds: { bcc: 245, skep: 36 },
    isTogether: true,
  };
  return compare(tool, { ...defaults, ...facts }, outputs);
}

it('reads a table by its header, blanks of the last column kept', () => {
  const { header, rows } = parse(EXECSNOOP_BCC);
  expect(header).toBe('PCOMM            PID     PPID    RET ARGS');
  expect(rows).toHaveLength(7);
  expect(rows[4]).toEqual({ COMM: 'perl', PID: '216', PPID: '214', RET: '-2', ARGS: '/nonexist-skep x' });
});

it('takes the rows of the workload, under whichever header', () => {
  expect(compared('execsnoop', EXECSNOOP_BCC, EXECSNOOP_SKEP)).toEqual({
    tool: 'execsnoop',
    bcc: '5',
    skep: '5',
    same: true,
    notes: ['COMM is headed PCOMM in BCC'],
  });
});

it('names the rows that only one of them has', () => {
  const skep = EXECSNOOP_SKEP.replace('true             217', 'true             218');
  const { same, notes } = compared('execsnoop', EXECSNOOP_BCC, skep);
  expect(same).toBe(false);
  expect(notes.slice(1)).toEqual(['only BCC: true 217 214 0 /bin/true y', 'only skep: true 218 214 0 /bin/true y']);
});

it('explains a known difference, and finds one beside it', () => {
  const { same, notes } = compared('tcplife', TCPLIFE_BCC, TCPLIFE_SKEP);
  expect(same).toBe(true);
  expect(notes).toEqual([expect.stringMatching(/^server's PID and COMM/)]);
  expect(compared('tcplife', TCPLIFE_BCC, TCPLIFE_SKEP.replace('753.70', '953.70')).same).toBe(false);
  expect(compared('tcplife', TCPLIFE_BCC, TCPLIFE_SKEP.replace('229   bash', '229   cat ')).same).toBe(false);
});

it('leaves process ids out when each had a run of its own', () => {
  const { same, bcc, skep } = compared('gethostlatency', GETHOSTLATENCY_BCC, GETHOSTLATENCY_SKEP, {
    isTogether: false,
  });
  expect([same, bcc, skep]).toEqual([true, '2', '2']);
  expect(compared('gethostlatency', GETHOSTLATENCY_BCC, GETHOSTLATENCY_SKEP).same).toBe(false);
});

it('looks at what was written during the workload alone', () => {
  const marks = { bcc: [0, 600] as const, skep: [Buffer.byteLength(EXECSNOOP_SKEP), 10_000] as const };
  expect(compared('execsnoop', EXECSNOOP_BCC, EXECSNOOP_SKEP, { marks }).skep).toBe('0');
});

const RUNQLAT = `Tracing run queue latency... Hit Ctrl-C to end.

     usecs               : count     distribution
         0 -> 1          : 0        |                                        |
         2 -> 3          : 0        |                                        |
         4 -> 7          : 3        |****                                    |
         8 -> 15         : 10       |*************                           |
        16 -> 31         : 15       |********************                    |
        32 -> 63         : 28       |*************************************   |
        64 -> 127        : 22       |*****************************           |
       128 -> 255        : 30       |****************************************|
`;
const BIOTOP = `Tracing... Hit Ctrl-C to end

09:31:44 loadavg: 4.43 2.84 1.31 2/112 215

PID     COMM             D MAJ MIN DISK       I/O  Kbytes  AVGms
215     dd               R 254 0   nullb0      24      96   9.36

09:31:45 loadavg: 4.43 2.84 1.31 1/110 215

PID     COMM             D MAJ MIN DISK       I/O  Kbytes  AVGms
215     dd               R 254 0   nullb0      76     304   8.28
`;
const BIOTOP_BCC_ERROR = `cannot attach kprobe, probe entry may not exist
Traceback (most recent call last):
  File "/usr/sbin/biotop-bpfcc", line 211, in <module>
    b.attach_kprobe(event="blk_account_io_start", fn_name="trace_pid_start")
Exception: Failed to attach BPF program b'trace_pid_start' to kprobe b'blk_account_io_start', it's not traceable
`;

it('adds up the buckets of a histogram, and compares within a factor', () => {
  expect(parse(RUNQLAT).header).toBe('     usecs               : count     distribution');
  const { bcc, skep, same } = compared('runqlat', RUNQLAT, RUNQLAT.replace('30       |', '300      |'));
  expect([bcc, skep, same]).toEqual(['count 108', 'count 378', true]);
  expect(compared('runqlat', RUNQLAT, RUNQLAT.replace('30       |', '3000     |')).notes).toEqual(['count 108 | 3078']);
});

it('shows skep alone when BCC could not attach', () => {
  const readySeconds = { bcc: null, skep: 48 };
  const comparison = compared('biotop', '', BIOTOP, { readySeconds }, { bcc: BIOTOP_BCC_ERROR, skep: '' });
  expect(reportText([comparison]).split('\n')[1]).toBe(
    "biotop  -    I/O 100, Kbytes 400  -     BCC: Exception: Failed to attach BPF program b'trace_pid_start' to kprobe b'blk_account_io_start', it's not traceable",
  );
});
