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
  expect(header).toBe('PCOMM PID PPID RET ARGS');
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
