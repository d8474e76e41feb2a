import type { AnyPlugin, PluginDefinition, Probe, ProbeRequest } from '@skep/core';
import { type AttachedLink, type Attacher, type BpfObject, ObjectProbe, readPluginObject } from '@skep/libbpf';
import { PatternTargets } from './pattern-targets.js';
import { TargetLinks, type TargetProgram } from './target-links.js';

/** Programs that do the same: at tracepoints, and at functions and USDT probes. */
export interface PatternPrograms {
  readonly event: TargetProgram;
  readonly function: TargetProgram;
}

/** Attaches a program to every place that a pattern means. */
class PatternAttacher implements Attacher {
  private readonly places: PatternTargets;
  private readonly program: TargetProgram;
  private readonly request: Pick<ProbeRequest, 'log' | 'owner'>;
  private links: TargetLinks | undefined;

  constructor(places: PatternTargets, program: TargetProgram, request: Pick<ProbeRequest, 'log' | 'owner'>) {
    this.places = places;
    this.program = program;
    this.request = request;
  }

  get attached() {
    return this.links?.attached ?? [];
  }

  attach(object: BpfObject): readonly AttachedLink[] {
    const { places, program } = this;
    const { log, owner } = this.request;
    const links = new TargetLinks(object, log, true);
    try {
      const refused = links.attach(program, places.numbered, places.pid);
      this.links = links;
      places.report(log, owner.source, { refused, attached: links.attached, linkCount: links.links.length });
      return links.links;
    } catch (error) {
      links.destroy();
      throw error;
    }
  }
}

/**
 * The probe of a plugin whose object fills snapshots, attached to the places that its option `pattern` means. Neither
 * program asks which place it runs for. A stream of stacks that is folded has no banner.
 *
 * @throws SkepError SKEP_OPTION for a wrong pattern, SKEP_ATTACH when nothing matches it.
 */
export function patternProbe(request: ProbeRequest, plugin: AnyPlugin, programs: PatternPrograms): Probe {
  const definition: PluginDefinition = plugin;
  const { owner, options, everyMs, log, poller, symbolizer, isForTable = false } = request;
  const places = new PatternTargets(options);
  const program = places.isEvents ? programs.event : programs.function;
  const banner = options.folded === true ? '' : places.banner;
  const streams = Object.fromEntries(
    Object.entries(definition.streams).map(([name, stream]) => [name, { ...stream, banner }]),
  );
  return new ObjectProbe({
    ...{ owner, options, everyMs, log, poller, isForTable },
    definition: { ...definition, streams, attach: [[program.copied]] },
    file: readPluginObject(definition),
    attacher: new PatternAttacher(places, program, request),
    ...(symbolizer ? { symbolizer } : {}),
  });
}
