import { definePlugin, type Field, objectFile, option, type PluginDefinition } from '@skep/core';
import { describe, expect, it } from 'vitest';
import type { RecordLayout } from './members.js';
import type { ObjectInfo } from './object-info.js';
import { planStreams } from './schemas.js';

const member = (name: string, offset: number) => {
  const field: Field = { name, type: 'u32', meaning: undefined, doc: '', size: 4, labels: undefined };
  return { field, offset };
};
const key: RecordLayout = { name: 'key', size: 8, members: [member('disk', 0), member('flags', 4)], histograms: [] };
const value: RecordLayout = {
  name: 'value',
  size: 516,
  members: [member('total', 512)],
  histograms: [{ name: 'latency', offset: 0, doc: '' }],
};
const info = { rings: new Map(), snapshots: new Map([['map', { name: 'map', key, value }]]) } as unknown as ObjectInfo;

const definition = definePlugin({
  object: objectFile(new URL('file:///none')),
  attach: [],
  streams: {
    latency: {
      snapshot: 'map',
      json: 'json',
      histogram: {
        low: 'low',
        high: 'high',
        count: 'count',
        unit: 'usecs',
        sections: [{ field: 'disk' }, { field: 'flags', when: 'flags' }],
      },
    },
    sums: { snapshot: 'map', keyFields: { flags: 'flags' }, line: ({ flags }) => (flags ? '{flags}' : '{total}') },
  },
  options: { flags: option.boolean('By flags'), json: option.boolean('JSON') },
  selftest: { workload: () => undefined, expect: () => true },
}) as unknown as PluginDefinition;

const plans = (options: { flags: boolean; json: boolean }) =>
  planStreams({ plugin: 'tool', source: 'tool' }, definition, info, options).map(({ schema }) => schema);
const names = (options: { flags: boolean; json: boolean }) =>
  plans(options).map(({ fields }) => fields.map(({ name }) => name));

describe('planStreams', () => {
  it('has key fields only where the options give them a meaning', () => {
    expect(names({ flags: true, json: false })).toEqual([
      ['time', 'disk', 'flags', 'low', 'high', 'count'],
      ['time', 'disk', 'flags', 'total'],
    ]);
    expect(names({ flags: false, json: false })).toEqual([
      ['time', 'disk', 'low', 'high', 'count'],
      ['time', 'disk', 'total'],
    ]);
  });

  it('leaves their sections and keys out too', () => {
    const [latency] = plans({ flags: false, json: false });
    expect(latency?.keys).toEqual(['disk']);
    expect(latency?.layout.histogram?.sections).toEqual([{ field: 'disk', label: 'disk' }]);
  });

  it('takes the line of a table from the options, and JSON from a condition', () => {
    const [latency, sums] = plans({ flags: true, json: true });
    expect([latency?.layout.json, sums?.layout.json, sums?.layout.line]).toEqual([true, undefined, '{flags}']);
    expect(plans({ flags: false, json: false })[1]?.layout.line).toBe('{total}');
  });
});
