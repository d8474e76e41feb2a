import type { OptionDefinitions, PluginDefinition, ProbeRequest } from '@skep/core';
import { PatternTargets, type Reading, type SnapshotSource, TargetObject, type TargetProgram } from '@skep/tracing';

const FUNCTION = { copied: 'count_function', shared: 'count_functions', type: 'kprobe' } as const;
const EVENT = { copied: 'count_event', type: 'tracepoint' } as const;

/** Counts the calls of every place that the pattern means. */
export class CallCounts implements SnapshotSource {
  private readonly places: PatternTargets;
  private readonly object: TargetObject;
  private readonly request: ProbeRequest;
  private counted: BigUint64Array<ArrayBuffer>;

  /** @throws SkepError SKEP_OPTION for a wrong pattern, SKEP_ATTACH when nothing matches it. */
  constructor(request: ProbeRequest, object: PluginDefinition['object'], definitions: OptionDefinitions) {
    this.request = request;
    const { options, owner, log } = request;
    this.places = new PatternTargets(options);
    this.counted = new BigUint64Array(this.places.targets.length);
    this.object = new TargetObject({
      ...{ name: owner.plugin, options, log },
      plugin: { ...(object ? { object } : {}), options: definitions },
      prepare: (opened) => opened.map('counts').setMaxEntries(this.places.targets.length),
    });
  }

  get attached() {
    return this.object.attached;
  }

  get banner(): string {
    return this.places.banner;
  }

  get needs() {
    return this.object.needsFor('counts');
  }

  get skippedRuns() {
    return this.object.skippedRuns;
  }

  async open(): Promise<void> {
    this.object.load([this.program]);
  }

  private get program(): TargetProgram {
    return this.places.isEvents ? EVENT : FUNCTION;
  }

  async attach(): Promise<void> {
    const { places, object } = this;
    const { log, owner } = this.request;
    const refused = object.attach(this.program, places.numbered, places.pid);
    places.report(log, owner.source, { refused, attached: this.attached, linkCount: object.linkCount });
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
    this.counted = new BigUint64Array(this.places.targets.length).map((_, i) => {
      let sum = 0n;
      for (let cpu = 0; cpu < cpus; cpu++) sum += perCpu[i * cpus + cpu]!;
      return sum;
    });
    const fresh = this.places.targets
      .map(({ name }, i) => ({ func: name, count: this.counted[i]! - before[i]! }))
      .filter(({ count }) => count > 0n)
      .sort((a, b) => (a.count < b.count ? -1 : a.count > b.count ? 1 : a.func < b.func ? -1 : 1));
    return { rows: { counts: fresh }, updates: fresh.reduce((sum, { count }) => sum + count, 0n) };
  }
}
