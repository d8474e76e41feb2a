import { option } from '@skep/core';
import { layoutOf } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import { compiled, defined, sound, withOption } from './fixture.js';
import { manifestProblems } from './manifest.js';
import { defaultProblems, flagProblems, optionProblems, optionVariableProblems, valueProblems } from './options.js';
import type { Check, PluginUnderTest } from './plugin-under-test.js';
import { mapProblems, programProblems, streamProblems } from './programs.js';
import { readmeProblems } from './readme.js';
import { selftestProblems } from './selftest.js';
import { docProblems, sourceProblems, structProblems } from './structs.js';

const ALL: Readonly<Record<string, Check>> = {
  manifestProblems,
  optionVariableProblems,
  optionProblems,
  defaultProblems,
  valueProblems,
  flagProblems,
  programProblems,
  streamProblems,
  mapProblems,
  structProblems,
  docProblems,
  sourceProblems,
  selftestProblems,
  readmeProblems,
};

it.each(Object.entries(ALL))('a sound plugin passes %s', (_, check) => {
  expect(check(sound)).toEqual([]);
});

const renamed = (name: string) => ({ ...sound.info.variables.get('opt_failed')!, name });
const manifest = (parts: object): PluginUnderTest => ({ ...sound, manifest: { ...sound.manifest, ...parts } });
const source = (text: string): PluginUnderTest => ({ ...sound, sources: new Map([['tool.bpf.c', text]]) });
const readme = (from: string, to: string): PluginUnderTest => ({ ...sound, readme: sound.readme!.replace(from, to) });

describe('what is wrong is found', () => {
  it.each<[string, Check, PluginUnderTest, string]>([
    ['a name that nobody finds', manifestProblems, manifest({ name: 'tool' }), '"name" is not skep-plugin-*'],
    ['no version', manifestProblems, manifest({ version: 'next' }), '"version" is not'],
    ['two lines of description', manifestProblems, manifest({ description: 'a\nb' }), '"description" is not one line'],
    ['an export that is not there', manifestProblems, manifest({ exports: './no.js' }), '"exports" is not a file'],
    [
      'a package without its object',
      manifestProblems,
      manifest({ files: ['src/*.bpf.c'] }),
      '"files" does not hold "dist"',
    ],
    ['no peer', manifestProblems, manifest({ peerDependencies: {} }), '"peerDependencies" does not hold @skep/core'],
    [
      'an option without effect',
      optionVariableProblems,
      withOption('quiet', option.boolean('Less')),
      'option "quiet" does nothing: the object has no opt_quiet',
    ],
    [
      'a variable without option',
      optionVariableProblems,
      compiled({ variables: new Map([...sound.info.variables, ['opt_slow', renamed('opt_slow')]]) }),
      'variable opt_slow has no option',
    ],
    [
      'a pinned map that is not there',
      optionVariableProblems,
      withOption('cgroupmap', option.cgroupmap()),
      'option "cgroupmap" does nothing: the object has no map skep_cgroups',
    ],
    [
      'a ring that is not there',
      optionVariableProblems,
      withOption('pages', option.ringPages('evnts', 'Pages')),
      'option "pages" does nothing: the object has no ring evnts',
    ],
    [
      'a binary that nothing attaches to',
      optionVariableProblems,
      withOption('libc', option.binary('C library')),
      'option "libc" does nothing: no section attaches to libc:',
    ],
    [
      'a condition that names no option',
      optionVariableProblems,
      defined({ attach: [{ programs: ['enter', 'leave'], when: '!fialed' }] }),
      'no option "fialed"',
    ],
    [
      'a conflict with nobody',
      optionProblems,
      withOption('a', option.pid('A', { conflicts: ['b'] })),
      'no such option',
    ],
    ['a conflict with itself', optionProblems, withOption('a', option.pid('A', { conflicts: ['a'] })), 'with itself'],
    ['an option without help', optionProblems, withOption('a', option.boolean(' ')), 'option "a" has no help'],
    ['a name in camel case', optionProblems, withOption('aB', option.boolean('A')), 'not in snake_case'],
    [
      'a default out of range',
      optionProblems,
      withOption('a', option.integer('A', { min: 1, default: 0 })),
      'option "a" does not take its own default',
    ],
    [
      'another default in the program',
      defaultProblems,
      withOption('failed', option.boolean('Only failures', { default: true })),
      'option "failed" and opt_failed have different defaults',
    ],
    [
      'a choice for a variable that is a number',
      valueProblems,
      withOption('failed', option.choice('Which', ['some', 'all'])),
      'option "failed": "some" does not fit opt_failed; "resolve" of the option makes numbers of its choices',
    ],
    [
      'a number for a smaller variable',
      valueProblems,
      withOption('failed', option.integer('How often', { min: 2 })),
      'option "failed": 2 does not fit opt_failed',
    ],
    [
      'a flag twice',
      flagProblems,
      withOption('extra', option.boolean('Extra', { flags: '-x' })),
      'options "failed" and "extra" share -x',
    ],
    ['the flag of a name', flagProblems, withOption('x', option.pid('X', { flags: '--failed N' })), 'share --failed'],
    ['a flag that is none', flagProblems, withOption('a', option.boolean('A', { flags: 'x' })), 'x is not a flag'],
    [
      'a program that is not there',
      programProblems,
      defined({ attach: [['entre', 'leave', 'enter']] }),
      'no program "entre"',
    ],
    ['a program nobody uses', programProblems, defined({ attach: [['enter']] }), 'no attach set uses program "leave"'],
    ['no attach set', programProblems, defined({ attach: [] }), 'there is no attach set'],
    [
      'a ring that is not there',
      streamProblems,
      defined({ streams: { rows: { ring: 'evnts' } } }),
      'ring "evnts" is not in',
    ],
    [
      'a column shown with one option alone',
      streamProblems,
      defined({ streams: { rows: { ring: 'events', table: [{ field: 'sze', when: 'sizes' }] } } }),
      'no field "sze"',
    ],
    [
      'a ring nobody reads',
      streamProblems,
      compiled({ rings: new Map([...sound.info.rings, ['more', layoutOf([{ name: 'pid' }])]]) }),
      'no stream reads "more"',
    ],
    ['a long name of a map', mapProblems, compiled({ maps: ['sixteen_is_many1'] }), 'has 16 characters'],
    [
      'a tag of somebody else',
      structProblems,
      source('struct key {\n\tint a;\n};\n'),
      'struct key does not begin with tool_',
    ],
    [
      'a column without a word',
      docProblems,
      compiled({ rings: new Map([['events', layoutOf([{ name: 'size' }])]]) }),
      'ring events: member "size" has no SKEP_DOC',
    ],
    ['a source without license', sourceProblems, source('#include <x.h>\n'), 'does not begin with its license'],
    ['no self-test', selftestProblems, defined({ selftest: [] }), 'there is no self-test'],
    [
      'a self-test of another option',
      selftestProblems,
      defined({ selftest: { options: { fialed: true }, workload: () => 0, expect: () => true } }),
      'gives option "fialed"',
    ],
    ['no README', readmeProblems, { ...sound, readme: undefined }, 'there is no README.md'],
    ['another title', readmeProblems, readme('shows', 'showed'), 'does not begin with'],
    ['a section less', readmeProblems, readme('## Overhead', '### Overhead'), 'has no section "## Overhead"'],
    [
      'sections in another order',
      readmeProblems,
      readme('## Columns\n## Options', '## Options\n## Columns'),
      'in the order',
    ],
    ['a wide example', readmeProblems, readme('$ skep tool', 'x'.repeat(91)), 'is 91 characters wide'],
  ])('%s', (_, check, plugin, problem) => {
    expect(check(plugin).join('\n')).toContain(problem);
  });
});

describe('what is no mistake is not called one', () => {
  it.each<[string, Check, PluginUnderTest]>([
    [
      'a filter expression in place of a variable',
      optionVariableProblems,
      withOption('name', option.regex('N', { where: () => '' })),
    ],
    ['an option that a function of a stream reads', optionVariableProblems, readByLimit()],
    ['one heading for two sections', readmeProblems, readme('## Columns\n## Options', '## Columns, Options')],
    ['a long line of prose', readmeProblems, readme('## Columns', `${'prose '.repeat(30)}\n## Columns`)],
    ['a comment with a struct', structProblems, source('/*\nstruct key {\n};\n*/\n')],
  ])('%s', (_, check, plugin) => {
    expect(check(plugin)).toEqual([]);
  });
});

function readByLimit(): PluginUnderTest {
  const rows = { ring: 'events', limit: ({ top, sizes }: { top: number; sizes: boolean }) => sizes && top };
  return defined({ streams: { rows }, options: { ...sound.options, top: option.integer('Most') } });
}
