import type { Log, OptionValues, PluginDefinition } from '@skep/core';
import { applyOptions } from './constants.js';
import { BpfObject } from './object.js';
import type { LoadedFile } from './object-file.js';
import { setTracepointArgs } from './tracepoint-args.js';

/** One program, and what it cost the verifier. */
export interface ProgramCost {
  readonly name: string;
  readonly section: string;
  /** Instructions the verifier processed, over all paths. */
  readonly insns: number;
}

/**
 * What the programs of an attach set cost this kernel's verifier, with these options: constants take branches away.
 *
 * A load of its own, which attaches nothing: a probe that works is not slowed by it, and its errors keep their reasons.
 *
 * @throws SkepError when the kernel refuses a program.
 */
export function verifierCost(
  file: LoadedFile,
  definition: PluginDefinition,
  options: OptionValues,
  programs: readonly string[],
  log: Log,
): ProgramCost[] {
  const object = new BpfObject('cost', file, log);
  try {
    object.select(new Set(programs));
    applyOptions(object, definition.options ?? {}, options);
    setTracepointArgs(object);
    const insns = object.loadCounting();
    const sections = new Map(file.info.programs.map(({ name, section }) => [name, section]));
    return programs.map((name) => ({ name, section: sections.get(name) ?? '', insns: insns.get(name) ?? 0 }));
  } finally {
    object.close();
  }
}
