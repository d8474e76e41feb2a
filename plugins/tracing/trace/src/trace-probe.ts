import {
  BatchBuilder,
  type Capability,
  type FrameStyle,
  type LossCounts,
  NO_LOSSES,
  type OptionValues,
  type Probe,
  type ProbeRequest,
  type Schema,
  type Symbolizer,
  valueAt,
} from '@skep/core';
import { type AssembledProgram, attachTo, CompiledTracer, cgroupOf, ProgramStacks } from '@skep/tracing';
import { formatMessage } from './format.js';
import { type StackHalf, writeProgram } from './program.js';
import { parseSpecifier, type Specifier } from './specifier.js';

/** The program for these options. @throws SkepError SKEP_OPTION with the place of a mistake. */
export function programOf(options: OptionValues, specifiers: readonly Specifier[]): AssembledProgram<string> {
  const number = (name: string) => options[name] as number | undefined;
  const cgroup = options.cgroup_path as string | undefined;
  return writeProgram(specifiers, {
    ...{ pid: number('pid'), tid: number('tid'), uid: number('uid') },
    cgroup: cgroup === undefined ? undefined : cgroupOf(cgroup),
    includesSelf: options.include_self === true,
    stringSize: number('string_size')!,
    includes: (options.include ?? []) as readonly string[],
    isBinary: options.bin_cmp === true,
    stacks: stacksOf(options),
  });
}

/** Halves of the stack that are asked for. */
function stacksOf(options: OptionValues): StackHalf[] {
  return (['kernel', 'user'] as const).filter((half) => options[`${half}_stack`] === true);
}

export function specifiersOf({ probes }: OptionValues): Specifier[] {
  return ((probes ?? []) as readonly string[]).map(parseSpecifier);
}

interface Stream {
  readonly specifier: Specifier;
  readonly name: string;
  readonly func: string;
  builder: BatchBuilder | undefined;
}

const utf8 = new TextDecoder();

/** Records of every specifier's own struct, made into rows with a message. */
export class TraceProbe implements Probe {
  private readonly request: ProbeRequest;
  private readonly tracer: CompiledTracer;
  private readonly streams: readonly Stream[];
  private readonly most: number;
  private readonly halves: readonly StackHalf[];
  private readonly symbolizer: Symbolizer;
  private stacks: ProgramStacks | undefined;
  /** Names of processes' code are asked for. */
  private readonly namesUsers: boolean;
  private readonly namesKernel: boolean;
  private readonly counted = new Map<string, { readonly row: Record<string, unknown>; count: bigint }>();
  private passed = 0n;
  private given = 0n;
  private isFinishing = false;
  isDone = false;

  constructor(request: ProbeRequest) {
    this.request = request;
    const { options } = request;
    const specifiers = specifiersOf(options);
    const { writer, functions } = programOf(options, specifiers);
    if (options.verbose === true) process.stderr.write(writer.text);
    const pid = options.pid as number | undefined;
    const attach = specifiers.map(({ place }, i) => attachTo(place, functions[i]!, pid));
    this.halves = stacksOf(options);
    const letters = specifiers.flatMap(({ format }) => format?.conversions.map(({ letter }) => letter) ?? []);
    this.namesUsers = this.halves.includes('user') || letters.includes('U');
    this.namesKernel = this.halves.includes('kernel') || letters.includes('K');
    const files = options.sym_file_list as readonly string[] | undefined;
    this.symbolizer = files ? request.symbolizer.withSymbolFiles(files) : request.symbolizer;
    this.tracer = new CompiledTracer({
      ...{ request, attach, program: writer.program },
      perfPages: options.buffer_pages as number,
      isPrompt: this.namesUsers,
    });
    this.most = (options.max_events as number | undefined) ?? Number.POSITIVE_INFINITY;
    this.streams = specifiers.map((specifier, i) => ({
      ...{ specifier, name: `events_${i}`, func: specifier.place.name, builder: undefined },
    }));
  }

  get schemas(): readonly Schema[] {
    return this.request.schemas;
  }

  get attached() {
    return this.tracer.attached;
  }

  async open(): Promise<void> {
    if (this.namesKernel) this.symbolizer.prepareKernel();
    await this.tracer.open();
    if (this.halves.length > 0) this.stacks = new ProgramStacks(this.tracer, this.symbolizer, this.style);
    for (const source of this.tracer.events.values()) for (const fd of source.fds) this.request.poller.add(fd);
  }

  /** A table shows places; in a store equal functions have equal names, unless addresses are asked for. */
  private get style(): FrameStyle {
    if (this.request.options.address === true) return 'addresses';
    return this.request.isForTable ? 'places' : 'names';
  }

  /** Other users' processes are looked into. */
  get needs(): readonly Capability[] {
    return this.namesUsers ? ['CAP_SYS_PTRACE'] : [];
  }

  attach(): Promise<void> {
    return this.tracer.attach();
  }

  drain(into: BatchBuilder): number {
    const before = into.rows;
    for (const stream of this.streams) this.drainOne(stream, into);
    if (into.room > 0) this.stacks?.turn();
    if (this.isDone || this.isFinishing) this.giveCounted(into);
    const rows = into.rows - before;
    this.given += BigInt(rows);
    return rows;
  }

  private drainOne(stream: Stream, into: BatchBuilder): void {
    const source = this.tracer.events.get(stream.name);
    if (!source || into.room <= 0) return;
    stream.builder ??= new BatchBuilder(source.schema);
    const { builder } = stream;
    source.drain(builder);
    for (let row = 0; row < builder.rows; row++) this.take(stream, builder, row, into);
    builder.reset();
  }

  private take({ specifier, func }: Stream, { columns, schema }: BatchBuilder, r: number, into: BatchBuilder): void {
    if (this.passed >= this.most) return;
    const values = columns.map((column, i) => {
      const value = valueAt(column, r);
      return value instanceof Uint8Array
        ? utf8.decode(value)
        : schema.fields[i]!.type === 'bool'
          ? Number(value)
          : value;
    });
    const [time, cpu, pid, tid, comm, ...rest] = values;
    const process = Number(pid);
    const ids = rest.splice(0, this.halves.length) as bigint[];
    const { format } = specifier;
    const message = format
      ? formatMessage(format, rest as (number | bigint | string)[], (half, address) =>
          this.place(half, address, process),
        )
      : '';
    const { name, msg_filter: part } = this.request.options as Record<string, string | undefined>;
    if (name !== undefined && !String(comm).includes(name)) return;
    if (part !== undefined && !message.includes(part)) return;
    this.passed++;
    if (this.passed >= this.most) this.isDone = true;
    const stacks = this.halves.map((half, i) => [
      `${half}_stack`,
      utf8.decode(this.stacks!.frames(half, ids[i]!, process)),
    ]);
    const row = { time, cpu, pid, tid, comm, func, message, count: 1, ...Object.fromEntries(stacks) };
    if (this.request.options.aggregate === true) this.aggregate(row);
    else into.push(row);
  }

  private place(half: StackHalf, address: bigint, pid: number): string {
    const addresses = BigUint64Array.of(BigInt.asUintN(64, address));
    const places =
      half === 'kernel' ? this.symbolizer.kernel(addresses, 'places') : this.symbolizer.user(pid, addresses, 'places');
    // The function that is there, behind those inlined: a place is one text.
    const place = places.at(-1) ?? '';
    return half === 'kernel' ? place.replace(/ \[kernel\]$/, '') : place;
  }

  /** What differs in its time alone is the same, or in the processor when it is not shown. */
  private aggregate(row: Record<string, unknown>): void {
    const { time: _, cpu, ...same } = row;
    const key = JSON.stringify(this.request.options.print_cpu === true ? { cpu, ...same } : same);
    const known = this.counted.get(key);
    if (known) known.count++;
    else this.counted.set(key, { row, count: 1n });
  }

  private giveCounted(into: BatchBuilder): void {
    for (const [key, { row, count }] of this.counted) {
      if (into.room <= 0) return;
      into.push({ ...row, count });
      this.counted.delete(key);
    }
  }

  losses(): LossCounts {
    let ringFull = 0n;
    for (const { lost } of this.tracer.events.values()) ringFull += lost;
    this.lastLost = ringFull > this.lastLost ? ringFull : this.lastLost;
    return { ...NO_LOSSES, ringFull: this.lastLost, attempted: this.given + this.held() + this.lastLost };
  }
  private lastLost = 0n;

  held(): bigint {
    if (this.passed >= this.most) return 0n;
    let held = 0n;
    for (const source of this.tracer.events.values()) held += source.held();
    return held;
  }

  skippedRuns(): bigint {
    return this.tracer.skippedRuns;
  }

  async finish(): Promise<void> {
    await this.tracer.detach();
    this.isFinishing = true;
  }

  async close(): Promise<void> {
    this.losses();
    for (const source of this.tracer.events.values()) for (const fd of source.fds) this.request.poller.remove(fd);
    await this.tracer.close();
  }
}
