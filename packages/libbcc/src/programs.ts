import { isSkepError, SkepError, suggest } from '@skep/core';
import {
  closeFd,
  lastLines,
  loadProgram,
  PROG_TYPES,
  type ProgramSource,
  type ProgramType,
  skippedRunsOf,
} from '@skep/libbpf';
import { type CompiledProgram, type CompileOptions, explainVerifier } from './compile.js';
import type { ProgramText } from './diagnostics.js';

/** The functions of a compiled text, loaded when they are first attached, by the kind they are attached as. */
export class Programs {
  private readonly text: ProgramText;
  private readonly compiled: CompiledProgram;
  private readonly options: CompileOptions;
  private readonly loaded = new Map<string, number>();

  constructor(text: ProgramText, compiled: CompiledProgram, options: CompileOptions) {
    this.text = text;
    this.compiled = compiled;
    this.options = options;
  }

  /**
   * The descriptor of a function as a program of this kind; it belongs to this object.
   *
   * @throws SkepError SKEP_USAGE when the text has no such function; SKEP_VERIFIER, SKEP_PERMISSION, SKEP_ATTACH.
   */
  load(fn: string, type: ProgramType, target?: ProgramSource['target']): number {
    const known = this.loaded.get(`${fn}:${type}`);
    if (known !== undefined) return known;
    const instructions = this.compiled.functions.get(fn);
    if (!instructions) {
      const remedy = suggest(fn, [...this.compiled.functions.keys()]);
      throw new SkepError('SKEP_USAGE', `the program has no function "${fn}"`, remedy);
    }
    if (!Object.hasOwn(PROG_TYPES, type)) {
      const kinds = Object.keys(PROG_TYPES).join(', ');
      throw new SkepError('SKEP_USAGE', `programs of kind "${type}" are not offered`, `those are: ${kinds}`);
    }
    const { license } = this.compiled;
    try {
      const fd = loadProgram({ name: fn, type, instructions, license, ...(target ? { target } : {}) });
      this.loaded.set(`${fn}:${type}`, fd);
      return fd;
    } catch (error) {
      throw this.explained(error, fn, type, target?.attachType ?? 0);
    }
  }

  /** The verifier speaks of instructions; with the lines of source between them its log can be understood. */
  private explained(error: unknown, fn: string, type: ProgramType, attachType: number): unknown {
    if (!isSkepError(error) || error.code !== 'SKEP_VERIFIER') return error;
    const said = explainVerifier(this.text, this.options, { fn, type: PROG_TYPES[type], attachType });
    const log = /^; /m.test(said) ? said : undefined;
    if (log === undefined) return error;
    // Newer kernels add the number of the line, in a text that has more lines than the user's.
    const own = log.replace(/^bpf: Failed to load program.*\n?/gm, '').replace(/^(;.*?) @ \S+:\d+$/gm, '$1');
    const lines = lastLines(own, 12);
    return new SkepError('SKEP_VERIFIER', error.message, `the verifier's last lines:\n${lines}`, { details: log });
  }

  /** Runs of the loaded ones that the kernel skipped. */
  get skippedRuns(): bigint {
    return [...this.loaded.values()].reduce((sum, fd) => sum + skippedRunsOf(fd), 0n);
  }

  close(): void {
    for (const fd of this.loaded.values()) closeFd(fd);
    this.loaded.clear();
  }
}
