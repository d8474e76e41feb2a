import { describe, expect, it } from 'vitest';
import { type MatrixArguments, parseArguments } from './arguments.js';

const parsed = (...argv: string[]) => parseArguments(argv) as MatrixArguments;

describe('the arguments of matrix', () => {
  it('mean every tool on every kernel when there are none, with one processor for each guest', () => {
    expect(parsed()).toMatchObject({ tools: [], kernels: ['5.10', '6.1', '6.12', 'sid', 'here'], cpus: 1 });
  });

  it('take tools and kernels again and again, or with commas', () => {
    expect(parsed('-k', 'sid', '-k', '5.10,here', '-t', 'opensnoop,biotop')).toMatchObject({
      kernels: ['5.10', 'sid', 'here'],
      tools: ['opensnoop', 'biotop'],
    });
  });

  it('are refused with what would be right', () => {
    expect(() => parsed('-k', '6.2')).toThrow('unknown kernel "6.2"');
    expect(() => parsed('--jobs', '0')).toThrow('"0" is no count');
    expect(() => parsed('-o', 'yaml')).toThrow('table, json, markdown');
    expect(parseArguments(['--help'])).toContain('--publish');
  });
});
