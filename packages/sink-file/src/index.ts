import { defineSink } from '@skep/core';
import { FileSink } from './file-sink.js';
import { options, settingsOf } from './settings.js';

export type { FileCounts } from './counts.js';
export { FileSink } from './file-sink.js';
export type { FileSettings } from './settings.js';

/** `use: file`: JSON lines or CSV, appended to files that are rotated by size, age or date. */
export default defineSink({
  options,
  check: (values, { name, folder }) => void settingsOf(values, name, folder),
  owns: (values, { name, folder }) => [settingsOf(values, name, folder).template.text],
  create: (values, context) => new FileSink(settingsOf(values, context.name, context.folder), context),
});
