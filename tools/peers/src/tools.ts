import type { Row } from './parse.js';

/** A tool that exists on both sides, its workload, and what has to be the same. */
export interface Tool {
  readonly name: string;
  /** Flags for both. */
  readonly args: readonly string[];
  /** For `sh -c`: the events that both have to see. */
  readonly workload: string;
  /** Time after the workload for both to print what they hold. */
  readonly settleMs: number;
  readonly check: Check;
}

export type Check =
  | {
      /** One row per event: the same rows of the workload's own processes, in any order. */
      readonly kind: 'rows';
      /** The workload's rows among all; `shell` is the process of `sh -c`. */
      readonly own: (rows: readonly Row[], shell: string) => readonly Row[];
      readonly equal: readonly string[];
      /** Equal where both traced one and the same run; process ids differ when each had its own. */
      readonly equalTogether: readonly string[];
      /** Columns of numbers that may differ by this share, and by `slack` besides. */
      readonly near: readonly { readonly column: string; readonly share: number; readonly slack: number }[];
      /** Columns that are known to differ in some rows, and why. */
      readonly known?: {
        readonly columns: readonly string[];
        readonly isIn: (row: Row) => boolean;
        readonly why: string;
      };
    }
  | {
      /** Tables or histograms per interval: sums over the intervals of the workload. */
      readonly kind: 'sums';
      readonly own: (rows: readonly Row[]) => readonly Row[];
      readonly columns: readonly string[];
      /** Largest quotient of the two sums; 1 asks for equality. */
      readonly factor: number;
    };

const DD = 'dd if=/dev/nullb0 of=/dev/null bs=4k count=100 iflag=direct 2>/dev/null';

/** Run side by side in the guest: those of one group compile at the same time. */
export const GROUPS: readonly (readonly Tool[])[] = [
  [
    {
      name: 'execsnoop',
      args: ['-x'],
      workload: `/bin/echo skep a b; /usr/bin/perl -e 'exec "/nonexist-skep","x"'; cd /etc && /usr/bin/perl -e 'exec {"/bin/true"} "renamed","y"'; for i in 1 2 3; do /bin/true $i; done; :`,
      settleMs: 3000,
      check: {
        kind: 'rows',
        own: (rows, shell) => rows.filter((row) => row.PPID === shell),
        equal: ['COMM', 'RET', 'ARGS'],
        equalTogether: ['PID', 'PPID'],
        near: [],
      },
    },
    {
      name: 'opensnoop',
      args: ['-x'],
      workload: `cat /nonexist-skep; /usr/bin/perl -e 'chdir "/etc"; open F,"<","nonexist-skep"; open F,">","/nonexist-skep/o"; open F,"<","/nonexist-skep-$_" for 1..20'; :`,
      settleMs: 3000,
      check: {
        kind: 'rows',
        own: (rows) => {
          const pids = new Set(rows.filter((row) => row.PATH?.includes('nonexist-skep')).map((row) => row.PID));
          return rows.filter((row) => pids.has(row.PID));
        },
        equal: ['COMM', 'FD', 'ERR', 'PATH'],
        equalTogether: ['PID'],
        near: [],
      },
    },
    {
      name: 'tcplife',
      args: [],
      workload: `perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(Listen=>5,LocalAddr=>"127.0.0.1",LocalPort=>48123,ReuseAddr=>1) or die; for (1..3) { $c=$s->accept; sysread $c,$b,100; syswrite $c,"y"x204800; close $c; } sleep 1' &
sleep 3; for i in 1 2 3; do bash -c 'exec 3<>/dev/tcp/127.0.0.1/48123; printf %0100d 7 >&3; cat <&3 >/dev/null'; done; wait`,
      settleMs: 3000,
      check: {
        kind: 'rows',
        own: (rows) => rows.filter((row) => row.LPORT === '48123' || row.RPORT === '48123'),
        equal: ['COMM', 'LADDR', 'RADDR', 'TX_KB', 'RX_KB'],
        equalTogether: ['PID', 'LPORT', 'RPORT'],
        near: [{ column: 'MS', share: 0.1, slack: 20 }],
        known: {
          columns: ['PID', 'COMM'],
          isIn: (row) => row.LPORT === '48123',
          why: "server's PID and COMM: BCC has the task that ran when the session closed, skep the one that accepted",
        },
      },
    },
    {
      name: 'gethostlatency',
      args: [],
      workload:
        'for i in 1 2 3; do getent ahosts localhost; getent hosts localhost; getent ahosts nosuch.invalid; done; :',
      settleMs: 3000,
      check: {
        kind: 'rows',
        own: (rows) => rows.filter((row) => row.COMM === 'getent'),
        equal: ['COMM', 'HOST'],
        equalTogether: ['PID'],
        near: [],
      },
    },
  ],
  [
    {
      name: 'biolatency',
      args: ['1', '900'],
      workload: DD,
      settleMs: 5000,
      check: { kind: 'sums', own: (rows) => rows, columns: ['count'], factor: 1 },
    },
    {
      name: 'biotop',
      args: ['-C', '1', '900'],
      workload: DD,
      settleMs: 5000,
      check: {
        kind: 'sums',
        own: (rows) => rows.filter((row) => row.COMM === 'dd' && row.DISK === 'nullb0'),
        columns: ['I/O', 'Kbytes'],
        factor: 1,
      },
    },
    {
      name: 'runqlat',
      args: ['1', '900'],
      workload: `for i in 1 2 3 4 5 6 7 8; do timeout 5 sh -c 'while :; do :; done' & done; wait`,
      settleMs: 5000,
      check: { kind: 'sums', own: (rows) => rows, columns: ['count'], factor: 10 },
    },
    {
      name: 'softirqs',
      args: ['1', '900'],
      workload: `perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new(Proto=>"udp",LocalAddr=>"127.0.0.1",LocalPort=>48124) or die; $c=IO::Socket::INET->new(Proto=>"udp",PeerAddr=>"127.0.0.1",PeerPort=>48124) or die; for (1..5000) { syswrite $c,"x"; sysread $s,$b,1 }'`,
      settleMs: 5000,
      check: {
        kind: 'sums',
        own: (rows) => rows.filter((row) => row.SOFTIRQ === 'net_rx'),
        columns: ['TOTAL_usecs'],
        factor: 10,
      },
    },
  ],
];

export const TOOLS: readonly Tool[] = GROUPS.flat();
