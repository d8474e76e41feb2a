import { defineSink } from '@skep/core';
import { FileSink } from './file-sink.js';
import { pathsOf } from './paths.js';
import { options, settingsOf } from './settings.js';

export type { FileCounts } from './counts.js';
export { FileSink } from './file-sink.js';
export type { FileSettings } from './settings.js';

/** `use: file`: JSON lines or CSV, appended to files that are rotated by size, age or date. */
export default defineSink({
  options,
  check: (values, { name, folder, schemas }) => void pathsOf(settingsOf(values, name, folder), schemas),
  owns(values, { name, folder, schemas, areAllKnown }) {
    const settings = settingsOf(values, name, folder);
    const paths = [...new Set(pathsOf(settings, schemas).values())];
    // What other streams are called is not known, but two sinks with one template are likely to meet.
    return areAllKnown ? paths : [...new Set([...paths, settings.template.text])];
  },
  create: (values, context) => new FileSink(settingsOf(values, context.name, context.folder), context),
});
