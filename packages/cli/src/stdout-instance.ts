import { type SinkPlugin, SkepError, type SourceLocation } from '@skep/core';
import type { SinkInstance } from '@skep/runner/tool';
import stdoutSink from '@skep/sink-stdout';

export const FORMATS = ['table', 'json', 'csv', 'logfmt'];

/** The place of what no file says. */
export const COMMAND_LINE: SourceLocation = { file: 'command line', line: 1, column: 1, text: '', length: 1 };

/** Flags that say how rows are printed. */
export interface OutputFlags {
  readonly output: string;
  readonly fields?: string;
  readonly where?: string;
  readonly headers: boolean;
}

/**
 * Standard output as a sink, as the flags of a command want it.
 *
 * @throws SkepError SKEP_USAGE for a format that is none.
 */
export function stdoutInstance({ output, fields, where, headers }: OutputFlags, from: readonly string[]): SinkInstance {
  if (!FORMATS.includes(output)) {
    throw new SkepError('SKEP_USAGE', `--output: expected one of ${FORMATS.join(', ')}, got "${output}"`);
  }
  return {
    name: 'stdout',
    sink: {
      kind: 'sink',
      ...{
        name: 'stdout',
        package: '@skep/sink-stdout',
        version: '',
        description: '',
        folder: '',
        category: undefined,
      },
      definition: stdoutSink as unknown as SinkPlugin,
    },
    options: {
      format: output,
      headers,
      color: 'auto',
      ...(fields === undefined ? {} : { fields: fields.split(',').map((field) => field.trim()) }),
    },
    secrets: [],
    from,
    getsEverything: true,
    where: where === undefined ? undefined : ({ text: where, location: COMMAND_LINE } as SinkInstance['where']),
    location: COMMAND_LINE,
  };
}
