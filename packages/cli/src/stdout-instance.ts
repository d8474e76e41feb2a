import { type SinkPlugin, SkepError, type SourceLocation, TEXT_FORMATS } from '@skep/core';
import type { SinkInstance } from '@skep/runner/tool';
import flamegraphSink from '@skep/sink-flamegraph';
import stdoutSink from '@skep/sink-stdout';

export const FORMATS: readonly string[] = TEXT_FORMATS;

/** The place of what no file says. */
export const COMMAND_LINE: SourceLocation = { file: 'command line', line: 1, column: 1, text: '', length: 1 };

/** Flags that say how rows are printed. */
export interface OutputFlags {
  readonly output: string;
  readonly fields?: string;
  readonly where?: string;
  readonly headers: boolean;
}

/** `-o cpu.svg`: a picture in place of text. */
function isPicture(output: string): boolean {
  return /\.(svg|html)$/.test(output);
}

/**
 * The one sink of a command: standard output as its flags want it, or a picture of stacks in a file.
 *
 * @throws SkepError SKEP_USAGE for a format that is none.
 */
export function outputInstance(flags: OutputFlags, from: readonly string[]): SinkInstance {
  const { output } = flags;
  if (!isPicture(output)) return stdoutInstance(flags, from);
  return sinkInstance('flamegraph', flamegraphSink, { path: output, mode: '0644' }, flags, from);
}

/**
 * Standard output as a sink, as the flags of a command want it.
 *
 * @throws SkepError SKEP_USAGE for a format that is none.
 */
export function stdoutInstance(flags: OutputFlags, from: readonly string[]): SinkInstance {
  const { output, fields, headers } = flags;
  if (!FORMATS.includes(output)) {
    throw new SkepError('SKEP_USAGE', `--output: expected one of ${FORMATS.join(', ')}, got "${output}"`);
  }
  const chosen = fields === undefined ? {} : { fields: fields.split(',').map((field) => field.trim()) };
  return sinkInstance('stdout', stdoutSink, { format: output, headers, color: 'auto', ...chosen }, flags, from);
}

function sinkInstance(
  name: string,
  definition: unknown,
  options: SinkInstance['options'],
  { where }: OutputFlags,
  from: readonly string[],
): SinkInstance {
  return {
    name,
    sink: {
      kind: 'sink',
      ...{ name, package: `@skep/sink-${name}`, version: '', description: '', folder: '', category: undefined },
      definition: definition as SinkPlugin,
    },
    options,
    secrets: [],
    from,
    getsEverything: true,
    where: where === undefined ? undefined : ({ text: where, location: COMMAND_LINE } as SinkInstance['where']),
    location: COMMAND_LINE,
  };
}
