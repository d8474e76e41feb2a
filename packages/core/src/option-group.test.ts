import { expect, expectTypeOf, it } from 'vitest';
import { type OptionValues, option, parseOption } from './option.js';

const rotate = option.group('When a new file is begun', {
  size: option.size('Bytes of a file'),
  keep: option.integer('Files kept', { min: 1, default: 10 }),
});

it('parses the options of a group, with their defaults', () => {
  expect(parseOption('sink archive', 'rotate', rotate, { size: '100MB' })).toEqual({ size: 100e6, keep: 10 });
  expect(parseOption('sink archive', 'rotate', rotate, {})).toEqual({ size: undefined, keep: 10 });
});

it('names the option within the group that is wrong', () => {
  const parse = (raw: unknown) => () => parseOption('sink archive', 'rotate', rotate, raw);
  expect(parse({ keep: 0 })).toThrow('option "rotate.keep" of sink archive: expected a whole number');
  expect(parse({ sizee: 1 })).toThrow('unknown option "rotate.sizee" of sink archive');
  expect(parse('100MB')).toThrow('expected a mapping of size, keep');
  expect(parse([])).toThrow('expected a mapping');
  expect(parse({ constructor: 1 })).toThrow('unknown option "rotate.constructor"');
});

it('types the value as an object', () => {
  type Values = OptionValues<{ rotate: typeof rotate }>;
  expectTypeOf<NonNullable<Values['rotate']>['size']>().toEqualTypeOf<number | undefined>();
});
