import type { Log, OptionValues } from '@skep/core';
import { parsePattern } from '../place/pattern.js';
import { findTargets, type Target } from '../place/target.js';
import { type Numbered, type Refused, warnOfRefused } from './target-links.js';

/** What became of attaching. */
export interface Attaching {
  readonly refused: readonly Refused[];
  readonly attached: readonly { readonly name: string; readonly section: string }[];
  /** Descriptors that it takes. */
  readonly linkCount: number;
}

/** The places that a tool's options `pattern`, `regexp` and `pid` mean: tracepoints, or functions and USDT probes. */
export class PatternTargets {
  readonly targets: readonly Target[];
  private readonly options: OptionValues;

  /** @throws SkepError SKEP_OPTION for a wrong pattern, SKEP_ATTACH when nothing matches it. */
  constructor(options: OptionValues) {
    this.options = options;
    const pattern = parsePattern(String(options.pattern), { regexp: options.regexp === true });
    this.targets = findTargets(pattern, this.pid);
  }

  get pid(): number | undefined {
    return this.options.pid as number | undefined;
  }

  /** Whether they are tracepoints, which take programs of another kind. */
  get isEvents(): boolean {
    return this.targets[0]!.kind === 'tracepoint';
  }

  get numbered(): readonly Numbered[] {
    return this.targets.map((target, index) => ({ target, index }));
  }

  get banner(): string {
    const { length } = this.targets;
    return `Tracing ${length} function${length === 1 ? '' : 's'} for "${this.options.pattern}"... Hit Ctrl-C to end.`;
  }

  /** Say what is left out and, with option `debug`, what is attached. */
  report(log: Log, source: string, { refused, attached, linkCount }: Attaching): void {
    warnOfRefused(log, source, refused, this.targets.length);
    const what = `${source}: ${this.targets.length - refused.length} places attached by ${linkCount} descriptors`;
    if (this.options.debug !== true) {
      log.debug(what);
      return;
    }
    for (const { name, section } of attached) log.warn(`${name} at ${section}`);
    log.warn(what);
  }
}
