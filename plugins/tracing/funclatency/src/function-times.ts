import type { OptionDefinitions, OptionValues, PluginDefinition, ProbeRequest } from '@skep/core';
import {
  findTargets,
  type OutputRow,
  type Pattern,
  parsePattern,
  type Reading,
  type SnapshotSource,
  type Target,
  TargetObject,
  type TargetProgram,
  warnOfRefused,
} from '@skep/tracing';

const ENTER: TargetProgram = { copied: 'enter_function', shared: 'enter_functions', type: 'kprobe' };
const LEAVE: TargetProgram = {
  copied: 'leave_function',
  shared: 'leave_function',
  type: 'kprobe',
  isReturn: true,
  isNumbered: false,
};

const SLOTS = 64;
/** Of struct funclatency_times: the total, then the counters. */
const WORDS = 1 + SLOTS;

/** What a histogram is of, besides all calls. */
export function splitBy({ pattern, pid, function: byFunction }: OptionValues) {
  const isLibrary = String(pattern ?? '')
    .replace(/^p:/, '')
    .replace(/^:/, '')
    .includes(':');
  // Functions of a library are many processes' own, as in BCC.
  const isOfMany = isLibrary && pid === undefined;
  return { byFunction: byFunction === true || isOfMany, byPid: isOfMany };
}

/** Nanoseconds of a unit, and its name. */
export function unitOf({ microseconds, milliseconds }: OptionValues): { readonly ns: number; readonly name: string } {
  if (milliseconds === true) return { ns: 1_000_000, name: 'msecs' };
  return microseconds === true ? { ns: 1000, name: 'usecs' } : { ns: 1, name: 'nsecs' };
}

/** Measures every call of the functions that the pattern means. */
export class FunctionTimes implements SnapshotSource {
  private readonly request: ProbeRequest;
  private readonly pattern: Pattern;
  private readonly targets: readonly Target[];
  private readonly object: TargetObject;
  private readonly before = new Map<string, readonly bigint[]>();
  private refused = 0n;

  /** @throws SkepError SKEP_OPTION for a wrong pattern, SKEP_ATTACH when nothing matches it. */
  constructor(request: ProbeRequest, object: PluginDefinition['object'], definitions: OptionDefinitions) {
    this.request = request;
    const { options, owner, log } = request;
    this.pattern = parsePattern(String(options.pattern), { regexp: options.regexp === true, kinds: ['p'] });
    this.targets = findTargets(this.pattern, options.pid as number | undefined);
    const { byFunction, byPid } = splitBy(options);
    this.object = new TargetObject({
      ...{ name: owner.plugin, options, log },
      plugin: { ...(object ? { object } : {}), options: definitions },
      prepare: (opened) => {
        opened.setConstant('unit_ns', new Uint8Array(Uint32Array.of(unitOf(options).ns).buffer));
        opened.setConstant('per_target', Uint8Array.of(byFunction ? 1 : 0));
        opened.setConstant('per_pid', Uint8Array.of(byPid ? 1 : 0));
      },
    });
  }

  get attached() {
    return this.object.attached;
  }

  get banner(): string {
    const { length } = this.targets;
    return `Tracing ${length} function${length === 1 ? '' : 's'} for "${this.pattern.text}"... Hit Ctrl-C to end.`;
  }

  get needs() {
    return this.object.needsFor('latency');
  }

  get skippedRuns() {
    return this.object.skippedRuns;
  }

  async open(): Promise<void> {
    this.object.load([ENTER, LEAVE]);
  }

  async attach(): Promise<void> {
    const { log, options, owner } = this.request;
    const pid = options.pid as number | undefined;
    const numbered = this.targets.map((target, index) => ({ target, index }));
    // Returns first: a call that is entered must also be left.
    const noReturn = this.object.attach(LEAVE, numbered, pid);
    const entered = numbered.filter(({ index }) => !noReturn.some((one) => one.index === index));
    const noEntry = this.object.attach(ENTER, entered, pid);
    warnOfRefused(log, owner.source, [...noReturn, ...noEntry], this.targets.length);
    if (options.verbose !== true) return;
    for (const { name, section } of this.attached) log.warn(`${name} at ${section}`);
  }

  detach(): Promise<void> {
    return this.object.detach();
  }

  close(): Promise<void> {
    return this.object.close();
  }

  /** Counters only grow; what is new since the last reading is shown. */
  read(): Reading {
    const { count, keys, values, stride } = this.object.map('latency').entries(false);
    const [keyWords, words] = [new Uint32Array(keys.buffer), new BigUint64Array(values.buffer)];
    const rows = { latency: [] as OutputRow[], totals: [] as OutputRow[] };
    let updates = 0n;
    const order = Array.from({ length: count }, (_, i) => i).sort((a, b) => {
      const [x, y] = [a, b].map((i) => `${this.nameOf(keyWords[i * 2]!)} ${keyWords[i * 2 + 1]}`);
      return x! < y! ? -1 : 1;
    });
    for (const i of order) {
      const [target, pid] = [keyWords[i * 2]!, keyWords[i * 2 + 1]!];
      const now = summed(words, (i * stride) / 8, stride / 8);
      const last = this.before.get(`${target} ${pid}`);
      this.before.set(`${target} ${pid}`, now);
      const [total = 0n, ...slots] = now.map((value, n) => value - (last?.[n] ?? 0n));
      const key = { func: this.nameOf(target), pid };
      const calls = slots.reduce((sum, value) => sum + value, 0n);
      if (calls === 0n) continue;
      updates += calls;
      for (const [slot, times] of slots.entries()) {
        if (times === 0n) continue;
        const low = slot === 0 ? 0n : 1n << BigInt(slot);
        rows.latency.push({ ...key, low, high: (2n << BigInt(slot)) - 1n, count: times });
      }
      rows.totals.push({ ...key, avg: total / calls, total, count: calls });
    }
    const refused = this.readRefused();
    const fresh = refused - this.refused;
    this.refused = refused;
    return { rows, updates, refused: fresh };
  }

  private nameOf(target: number): string {
    return this.targets[target]?.name ?? '';
  }

  private readRefused(): bigint {
    const { values } = this.object.map('refused').entries(false);
    return new BigUint64Array(values.buffer).reduce((sum, value) => sum + value, 0n);
  }
}

/** The total and the counters of one key, added up over the processors. */
function summed(words: BigUint64Array, from: number, length: number): bigint[] {
  return Array.from({ length: WORDS }, (_, n) => {
    let sum = 0n;
    for (let at = from + n; at < from + length; at += WORDS) sum += words[at]!;
    return sum;
  });
}
