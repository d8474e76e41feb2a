import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { HERE } from '../places.js';
import { toolsOf } from './skep.js';

it('the configuration of the memory benchmark uses all eight tools', () => {
  expect(toolsOf(readFileSync(join(HERE, 'configs', 'eight-tools.yaml'), 'utf8'))).toBe(8);
});

it('a tool is counted once, however it is written', () => {
  expect(toolsOf('a: { use: opensnoop }\nb: { use: "opensnoop" }\nc: { use: runqlatency }')).toBe(1);
});
