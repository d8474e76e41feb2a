import type { OptionDefinitions, OptionValues, PluginDefinition, ProbeRequest } from '@skep/core';
import {
  findTargets,
  parsePattern,
  type Reading,
  type SnapshotSource,
  type Target,
  TargetObject,
  warnOfRefused,
} from '@skep/tracing';

const FUNCTION = { copied: 'count_function', shared: 'count_functions', type: 'kprobe' } as const;
const EVENT = { copied: 'count_event', type: 'tracepoint' } as const;

/** Counts the calls of every place that the pattern means. */
export class CallCounts implements SnapshotSource {
  private readonly targets: readonly Target[];
  private readonly object: TargetObject;
  private readonly request: ProbeRequest;
  private counted: BigUint64Array<ArrayBuffer>;

  /** @throws SkepError SKEP_OPTION for a wrong pattern, SKEP_ATTACH when nothing matches it. */
  constructor(request: ProbeRequest, object: PluginDefinition['object'], definitions: OptionDefinitions) {
    this.request = request;
    const { options, owner, log } = request;
    const pattern = parsePattern(String(options.pattern), { regexp: options.regexp === true });
    this.targets = findTargets(pattern, pidOf(options));
    this.counted = new BigUint64Array(this.targets.length);
    this.object = new TargetObject({
      ...{ name: owner.plugin, options, log },
      plugin: { ...(object ? { object } : {}), options: definitions },
      prepare: (opened) => opened.map('counts').setMaxEntries(this.targets.length),
    });
  }

  get attached() {
    return this.object.attached;
  }

  get banner(): string {
    const { length } = this.targets;
    return `Tracing ${length} function${length === 1 ? '' : 's'} for "${this.request.options.pattern}"... Hit Ctrl-C to end.`;
  }

  get needs() {
    return this.object.needsFor('counts');
  }

  async open(): Promise<void> {
    this.object.load([this.isEvents ? EVENT : FUNCTION]);
  }

  private get isEvents(): boolean {
    return this.targets[0]!.kind === 'tracepoint';
  }

  async attach(): Promise<void> {
    const { log, options, owner } = this.request;
    const numbered = this.targets.map((target, index) => ({ target, index }));
    const refused = this.object.attach(this.isEvents ? EVENT : FUNCTION, numbered, pidOf(options));
    warnOfRefused(log, owner.source, refused, this.targets.length);
    const attached = this.targets.length - refused.length;
    const what = `${owner.source}: ${attached} places attached by ${this.object.linkCount} descriptors`;
    if (options.debug !== true) return log.debug(what);
    for (const { name, section } of this.attached) log.warn(`${name} at ${section}`);
    log.warn(what);
  }

  detach(): Promise<void> {
    return this.object.detach();
  }

  close(): Promise<void> {
    return this.object.close();
  }

  /** Counters only grow; what is new since the last reading is shown, so nothing falls between. */
  read(): Reading {
    const { values, stride } = this.object.map('counts').entries(false);
    const perCpu = new BigUint64Array(values.buffer);
    const cpus = stride / 8;
    const before = this.counted;
    this.counted = new BigUint64Array(this.targets.length).map((_, i) => {
      let sum = 0n;
      for (let cpu = 0; cpu < cpus; cpu++) sum += perCpu[i * cpus + cpu]!;
      return sum;
    });
    const fresh = this.targets
      .map(({ name }, i) => ({ func: name, count: this.counted[i]! - before[i]! }))
      .filter(({ count }) => count > 0n)
      .sort((a, b) => (a.count < b.count ? -1 : a.count > b.count ? 1 : a.func < b.func ? -1 : 1));
    return { rows: { counts: fresh }, updates: fresh.reduce((sum, { count }) => sum + count, 0n) };
  }
}

function pidOf({ pid }: OptionValues): number | undefined {
  return pid as number | undefined;
}
