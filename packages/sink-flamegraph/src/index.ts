import { isAbsolute, join } from 'node:path';
import { defineSink, type OptionValues, option, SkepError } from '@skep/core';
import { FlamegraphSink, stacksOf } from './flamegraph-sink.js';

export { flameHtml } from './flame-html.js';
export { flameSvg, type Picture } from './flame-svg.js';
export { type FlamegraphSettings, FlamegraphSink } from './flamegraph-sink.js';
export { type FrameNode, FrameTree } from './frame-tree.js';

const options = {
  path: option.string('File that is written, .svg or .html'),
  title: option.string('What stands above the picture', { defaultText: 'names of the sources' }),
  mode: option.string('Permissions of the file, in octal', { default: '0600' }),
};

/** @throws SkepError SKEP_OPTION for options that are missing or malformed. */
function settingsOf({ path, title, mode = '0600' }: OptionValues<typeof options>, name: string, folder: string) {
  const sink = `sink ${name}`;
  if (path === undefined) throw new SkepError('SKEP_OPTION', `${sink} needs option "path"`, 'path: ./cpu.svg');
  if (!/\.(svg|html)$/.test(path)) {
    throw new SkepError('SKEP_OPTION', `option "path" of ${sink}: ${path} is neither .svg nor .html`);
  }
  if (!/^(0o?)?[0-7]{3}$/.test(mode)) {
    throw new SkepError('SKEP_OPTION', `option "mode" of ${sink}: ${mode} is not a mode`, 'write mode: "0640"');
  }
  const file = isAbsolute(path) ? path : join(folder, path);
  return { sink, path: file, title, mode: Number.parseInt(mode.replace('o', ''), 8) };
}

/** `use: flamegraph`: the stacks of profile and its like, as a picture in one file. */
export default defineSink({
  options,
  check(values, { name, folder, schemas, areAllKnown }) {
    const { sink } = settingsOf(values, name, folder);
    if (areAllKnown) stacksOf(schemas, sink);
  },
  owns: (values, { name, folder }) => [settingsOf(values, name, folder).path],
  create: (values, { name, folder, log }) => new FlamegraphSink({ ...settingsOf(values, name, folder), log }),
});
