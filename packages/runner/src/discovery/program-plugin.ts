import { option, PLUGIN_API, PLUGIN_TAG, type Plugin } from '@skep/core';
import type { LoadedPlugin } from './load-package.js';

/**
 * `use: bcc`: a program of the user's own, compiled when it is started. It has no object: streams and columns are those of
 * the program.
 */
const definition = {
  [PLUGIN_TAG]: PLUGIN_API,
  attach: [],
  streams: {},
  options: {
    tables: option.list('Tables that become streams', { defaultText: 'all with keys and values' }),
    clear: option.list('Tables that are emptied at every reading', { defaultText: 'none' }),
    linear: option.list('Histograms whose buckets are single values', { defaultText: 'none: powers of two' }),
    unit: option.string('What the histograms count', { default: 'value' }),
    cflags: option.list('Flags for the compiler, such as -DMIN_US=100'),
    perf_pages: option.integer('Pages of each perf buffer per CPU, a power of two', { min: 1, max: 8192, default: 64 }),
  },
};

export const programPlugin: LoadedPlugin = {
  kind: 'plugin',
  name: 'bcc',
  package: '@skep/libbcc',
  version: '0.1.0',
  description: 'A BPF program of your own, compiled at run time',
  folder: '',
  category: 'tracing',
  definition: definition as unknown as Plugin,
};
