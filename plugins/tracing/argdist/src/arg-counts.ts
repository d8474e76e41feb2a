import type { OptionValues, ProbeRequest } from '@skep/core';
import {
  type AssembledProgram,
  attachTo,
  CompiledTracer,
  type OutputRow,
  type Reading,
  type SnapshotSource,
} from '@skep/tracing';
import { type Functions, writeProgram } from './program.js';
import { parseSpecifier, type Specifier } from './specifier.js';

/** The specifiers of `-C` and `-H`. @throws SkepError SKEP_OPTION. */
export function specifiersOf({ count, histogram }: OptionValues): Specifier[] {
  const of = (texts: unknown, isHistogram: boolean) =>
    ((texts ?? []) as readonly string[]).map((text) => parseSpecifier(text, isHistogram));
  return [...of(count, false), ...of(histogram, true)];
}

/** The program for these options. */
export function programOf(options: OptionValues, specifiers: readonly Specifier[]): AssembledProgram<Functions> {
  return writeProgram(specifiers, {
    pid: options.pid as number | undefined,
    tid: options.tid as number | undefined,
    stringSize: options.string_size as number,
    includes: (options.include ?? []) as readonly string[],
  });
}

/** Counts values of arguments and results, as the specifiers ask. */
export class ArgCounts implements SnapshotSource {
  private readonly options: OptionValues;
  private readonly specifiers: readonly Specifier[];
  private readonly tracer: CompiledTracer;
  private readonly seen = new Map<string, bigint>();
  private refused = 0n;

  constructor(request: ProbeRequest, specifiers: readonly Specifier[]) {
    const { options } = request;
    this.options = options;
    this.specifiers = specifiers;
    const { writer, functions } = programOf(options, specifiers);
    if (options.verbose === true) process.stderr.write(writer.text);
    const attach = specifiers.flatMap(({ place }, i) => {
      const { count, entry } = functions[i]!;
      const pid = options.pid as number | undefined;
      return [
        ...(entry === undefined ? [] : [attachTo({ ...place, kind: 'p' }, entry, pid)]),
        attachTo(place, count, pid),
      ];
    });
    this.tracer = new CompiledTracer({ request, program: writer.program, attach });
  }

  get attached() {
    return this.tracer.attached;
  }
  get skippedRuns() {
    return this.tracer.skippedRuns;
  }
  open(): Promise<void> {
    return this.tracer.open();
  }
  attach(): Promise<void> {
    return this.tracer.attach();
  }
  detach(): Promise<void> {
    return this.tracer.detach();
  }
  close(): Promise<void> {
    return this.tracer.close();
  }

  read(): Reading {
    const rows = { counts: [] as OutputRow[], histograms: [] as OutputRow[] };
    let updates = 0n;
    for (const [i, specifier] of this.specifiers.entries()) {
      const read = specifier.isHistogram ? this.readHistogram(specifier, i) : this.readCounts(specifier, i);
      updates += read.updates;
      rows[specifier.isHistogram ? 'histograms' : 'counts'].push(...read.rows);
    }
    const before = this.refused;
    this.refused = this.tracer.refused;
    return { rows, updates, refused: this.refused - before };
  }

  private readCounts({ label, expressions, place }: Specifier, i: number) {
    const table = this.tracer.table(`counts_${i}`);
    const isCumulative = this.options.cumulative === true;
    const entries = isCumulative ? table.entries() : table.takeEntries();
    let updates = 0n;
    const rows = entries.map(([key, value]) => {
      const event = eventText(
        expressions.map(({ text }) => text),
        key as Readonly<Record<string, unknown>>,
        place.kind,
      );
      const count = value as bigint;
      const name = `${i} ${event}`;
      updates += count - (this.seen.get(name) ?? 0n);
      if (isCumulative) this.seen.set(name, count);
      return { label, event, count };
    });
    rows.sort((a, b) => (a.count < b.count ? -1 : a.count > b.count ? 1 : a.event < b.event ? -1 : 1));
    const top = this.options.top as number | undefined;
    return { rows: top === undefined ? rows : rows.slice(-top), updates };
  }

  /** Slots only grow: what is new since the last reading is the difference. */
  private readHistogram({ label }: Specifier, i: number) {
    let updates = 0n;
    const rows: OutputRow[] = [];
    for (const [slot, value] of this.tracer.table(`counts_${i}`).entries() as [number, bigint][]) {
      const name = `${i} ${slot}`;
      const fresh = value - (this.seen.get(name) ?? 0n);
      this.seen.set(name, value);
      updates += fresh;
      const count = this.options.cumulative === true ? value : fresh;
      if (count === 0n) continue;
      const low = slot <= 1 ? 0n : 1n << BigInt(slot - 1);
      rows.push({ label, low, high: (1n << BigInt(Math.max(slot, 1))) - 1n, count });
    }
    return { rows, updates };
  }
}

/** `fd = 1, size = 80`; of a return probe without an expression its result. */
export function eventText(
  expressions: readonly string[],
  key: Readonly<Record<string, unknown>>,
  kind: string,
): string {
  const names = expressions.length === 0 && kind === 'r' ? ['retval'] : expressions;
  if (names.length === 0) return 'total calls';
  return names.map((name, n) => `${name} = ${String(key[`v${n}`])}`).join(', ');
}
