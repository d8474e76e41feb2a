import type { EventStore } from '@skep/core';

/** Share of all rows, and how each column is made of `number`; what is not named keeps its default. */
interface Filling {
  readonly table: string;
  readonly percent: number;
  readonly columns: Readonly<Record<string, string>>;
}

const HOSTS = 10;
const DAY_NS = 86_400_000_000_000n;
/** Rows of histograms and tops that are made at one moment. */
const SNAPSHOT_ROWS = 20;

// Different bits of one hash of the row, so that columns do not follow one another.
const some = (most: number, salt: number) => `sipHash64(number, ${salt}) % ${most}`;
/** A few values often, many seldom: the square of a number from 0 to 1. */
const skewed = (most: number, salt: number) => `toUInt32(pow(${some(1_000_000, salt)} / 1e6, 4) * ${most})`;
const comm = (salt: number) => `concat('process-', toString(${skewed(200, salt)}))`;
const address = `toIPv6(concat('::ffff:10.0.', toString(${some(8, 5)}), '.', toString(${some(200, 6)})))`;
const bucket = 'toUInt64(exp2(intDiv(number, 20) % 20))';

const FILLINGS: readonly Filling[] = [
  {
    table: 'opensnoop_opens',
    percent: 62,
    columns: {
      pid: some(5000, 1),
      err: `if(${some(20, 2)} = 0, 2, 0)`,
      comm: comm(3),
      // 50,000 paths: a program opens files of its own.
      path: `concat('/usr/lib/x86_64-linux-gnu/package-', toString(${skewed(200, 3)} * 250 + ${skewed(250, 4)}), '/libsomething.so')`,
    },
  },
  {
    table: 'execsnoop_execs',
    percent: 5,
    columns: {
      pid: 'number % 4000000',
      ppid: some(5000, 1),
      comm: comm(2),
      pcomm: comm(3),
      args: "['/usr/bin/x', '-a']",
    },
  },
  {
    table: 'tcplife_sessions',
    percent: 10,
    columns: {
      comm: comm(1),
      raddr: address,
      rport: `arrayElement([443, 80, 5432, 53], 1 + ${some(4, 3)})`,
      tx_bytes: some(100_000, 4),
      rx_bytes: some(1_000_000, 7),
      duration_ns: some(10_000_000_000, 8),
    },
  },
  {
    table: 'gethostlatency_lookups',
    percent: 5,
    columns: {
      comm: comm(1),
      gethostlatency_host: `concat('service-', toString(${skewed(2000, 2)}), '.example')`,
      lat_ns: some(50_000_000, 3),
    },
  },
  {
    table: 'biolatency_latency',
    percent: 4,
    columns: { unit: "'usecs'", interval_start: bucket, interval_end: `2 * ${bucket} - 1`, count: some(1000, 1) },
  },
  {
    table: 'runqlat_latency',
    percent: 4,
    columns: { unit: "'usecs'", lat_low: bucket, lat_high: `2 * ${bucket} - 1`, count: some(10_000, 1) },
  },
  {
    table: 'biotop_counts',
    percent: 7,
    columns: {
      comm: comm(1),
      disk: `concat('sd', char(97 + ${some(4, 2)}))`,
      direction: `if(${some(2, 3)} = 0, 'R', 'W')`,
      io_count: `1 + ${some(100, 4)}`,
      bytes: some(1_000_000, 5),
      total_latency_ns: some(1_000_000_000, 6),
    },
  },
  {
    table: 'softirqs_totals',
    percent: 2,
    columns: {
      vec_name: "arrayElement(['timer', 'net_rx', 'sched', 'rcu', 'block'], 1 + number % 5)",
      count: `1 + ${some(1000, 1)}`,
      total_ns: some(1_000_000_000, 2),
      max_ns: some(1_000_000, 3),
    },
  },
  {
    table: 'skep_losses',
    percent: 1,
    columns: {
      stream: "'opens'",
      stream_table: "'opensnoop_opens'",
      attempted: some(10_000, 1),
      delivered: some(10_000, 1),
    },
  },
];

/** Tools whose tables are filled. */
export const TOOLS = [...new Set(FILLINGS.map(({ table }) => table.split('_')[0]!).filter((tool) => tool !== 'skep'))];

/** Fill the tables with `rows` rows of the last 24 hours, on ten hosts. Returns how many there are in all. */
export async function fillStore(store: EventStore, rows: number): Promise<number> {
  const until = BigInt(Date.now()) * 1_000_000n;
  const run = async (statement: string) => {
    const signal = new AbortController().signal;
    const answer = await store.ask({ statement, origin: 'bench', parameters: {}, format: 'json', write: true, signal });
    if (answer.kind === 'bytes') for await (const _ of answer.bytes);
  };
  let total = 0;
  for (const { table, percent, columns } of FILLINGS) {
    const count = Math.ceil((rows * percent) / 100);
    const isSnapshot = /latency$|counts$|totals$/.test(table);
    const moment = isSnapshot ? `intDiv(number, ${SNAPSHOT_ROWS}) * ${SNAPSHOT_ROWS}` : 'number';
    const ns = (ahead: bigint) => `${until - DAY_NS + ahead} + toInt64(${moment} * ${DAY_NS / BigInt(count)})`;
    const all: Readonly<Record<string, string>> = {
      ts: `fromUnixTimestamp64Nano(${ns(0n)})`,
      ...(table === 'skep_losses' ? { since: `fromUnixTimestamp64Nano(${ns(-60_000_000_000n)})` } : {}),
      host: `concat('host-', toString(number % ${HOSTS}))`,
      boot: `concat('boot-', toString(number % ${HOSTS}))`,
      source: `'${table.split('_')[0]}'`,
      seq: `intDiv(number, ${HOSTS})`,
      ...columns,
    };
    await run(
      `INSERT INTO ${table} (${Object.keys(all).join(', ')}) SELECT ${Object.values(all).join(', ')} FROM numbers(${count})`,
    );
    total += count;
  }
  return total;
}
