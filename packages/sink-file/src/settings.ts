import { type OptionValues, option, SkepError } from '@skep/core';
import type { Compression } from './compress-file.js';
import { PathTemplate } from './path-template.js';

const rotation = {
  size: option.size('Begin a new file before one grows beyond this', { defaultText: 'never' }),
  age: option.duration('Begin a new file when one is this old', { defaultText: 'never' }),
  keep: option.integer('Finished files to keep; older ones are removed', { min: 1, defaultText: 'all' }),
};

/** Options of the sink as YAML names them. */
export const options = {
  path: option.string('File to append to; {source}, {stream}, {plugin} and {date} (UTC) are filled in'),
  format: option.choice('One JSON object a line, or CSV', ['jsonl', 'csv'], { default: 'jsonl' }),
  tag: option.boolean('JSON: begin each row with its source and stream', { default: true }),
  rotate: option.group('When a new file is begun, and how many are kept', rotation),
  rotate_size: option.size('The same as rotate: { size: ... }', { conflicts: ['rotate'] }),
  rotate_age: option.duration('The same as rotate: { age: ... }', { conflicts: ['rotate'] }),
  keep: option.integer('The same as rotate: { keep: ... }', { min: 1, conflicts: ['rotate'] }),
  compress: option.choice('Compress finished files', ['none', 'gzip', 'zstd'], { default: 'none' }),
  mode: option.string('Permissions of new files, in octal', { default: '0600' }),
  fsync: option.choice('When rows are forced to the disk', ['none', 'batch', 'interval'], { default: 'none' }),
  fsync_interval: option.duration('Time between two, with fsync: interval', { default: 1000 }),
};

/** What the options mean, checked. */
export interface FileSettings {
  /** `sink archive`, for messages. */
  readonly sink: string;
  readonly template: PathTemplate;
  readonly format: 'json' | 'csv';
  readonly tag: boolean;
  readonly maxBytes: number | undefined;
  readonly maxAgeMs: number | undefined;
  readonly keep: number | undefined;
  readonly compress: Compression | undefined;
  readonly mode: number;
  readonly fsync: 'none' | 'batch' | 'interval';
  readonly fsyncIntervalMs: number;
}

/** @throws SkepError SKEP_OPTION for options that are missing, malformed, or do nothing together. */
export function settingsOf(values: OptionValues<typeof options>, name: string, folder: string): FileSettings {
  const sink = `sink ${name}`;
  const fail = (message: string, remedy: string): never => {
    throw new SkepError('SKEP_OPTION', message, remedy);
  };
  const { path, mode = '0600', rotate } = values;
  if (path === undefined) return fail(`${sink} needs option "path"`, 'path: ./events.jsonl');
  if (!/^(0o?)?[0-7]{3}$/.test(mode)) fail(`option "mode" of ${sink}: ${mode} is not a mode`, 'write mode: "0640"');
  const template = new PathTemplate(path, folder, sink);
  const maxBytes = rotate?.size ?? values.rotate_size;
  const maxAgeMs = rotate?.age ?? values.rotate_age;
  const keep = rotate?.keep ?? values.keep;
  const compress = values.compress === 'none' ? undefined : (values.compress as Compression | undefined);
  if (maxBytes === undefined && maxAgeMs === undefined && !template.hasDate && (compress || keep !== undefined)) {
    const what = compress ? 'compress' : 'keep';
    fail(`option "${what}" of ${sink}: no file is ever finished`, 'add rotate: { size: 100MB }');
  }
  return {
    sink,
    template,
    format: values.format === 'csv' ? 'csv' : 'json',
    tag: values.tag,
    maxBytes,
    maxAgeMs,
    keep,
    compress,
    mode: Number.parseInt(mode.replace('o', ''), 8),
    fsync: (values.fsync ?? 'none') as FileSettings['fsync'],
    fsyncIntervalMs: values.fsync_interval ?? 1000,
  };
}
