import { type OptionDefinitions, option, type Plugin } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { addToolArguments, addToolFlags, readToolFlags, splitCommand } from './tool-options.js';
import { createCommand, parseArgs } from './usage.js';

const options: OptionDefinitions = {
  extended: option.boolean('More', { flags: '-e, --extended' }),
  shared: option.binary('File', { flags: '-s PATH, --shared PATH', default: '/bin/bash', bare: 'libreadline' }),
  level: option.level('Details', 2, { flags: '-v, --level' }),
  exec: option.command('Run it', { flags: '--exec CMD' }),
};

const plugin = { options } as unknown as Plugin;

function read(...args: string[]) {
  const command = createCommand('tool', '').allowExcessArguments();
  const flags = addToolFlags(command, plugin);
  const { own, take } = splitCommand(flags, args);
  parseArgs(command, own);
  take(command);
  return readToolFlags('tool', plugin, flags, command, () => undefined);
}

it('leaves what follows a command to the command, its flags and commas too', () => {
  expect(read('-e', '--exec', 'perl', '-e', 'print 1,2', '--exec')).toEqual({
    extended: true,
    shared: '/bin/bash',
    level: 0,
    exec: ['perl', '-e', 'print 1,2', '--exec'],
  });
});

it('parses as usual without a command', () => {
  expect(read('-e')).toEqual({ extended: true, shared: '/bin/bash', level: 0, exec: undefined });
  expect(read('--extended').exec).toBeUndefined();
});

it('wants a command after the flag', () => {
  expect(() => read('--exec')).toThrow('argument missing');
});

it('takes the bare value of a flag that stands without one', () => {
  expect(read('-s').shared).toBe('libreadline');
  expect(read('-s', '-e').shared).toBe('libreadline');
  expect(read('-s', '/opt/bash').shared).toBe('/opt/bash');
  expect(read().shared).toBe('/bin/bash');
});

it('counts how often a flag is given', () => {
  expect([read(), read('-v'), read('-vv'), read('-v', '--level')].map(({ level }) => level)).toEqual([0, 1, 2, 2]);
  expect(() => read('-vvv')).toThrow('expected a whole number from 0 to 2, got 3');
});

describe('options that stand without a flag', () => {
  const places: OptionDefinitions = {
    pattern: option.string('What to count'),
    probes: option.texts('Probes'),
    top: option.integer('Most', { flags: '-T N' }),
  };
  const take = (list: Plugin['arguments'], ...args: string[]) => {
    const tracer = { options: places, arguments: list } as unknown as Plugin;
    const command = createCommand('tracer', '').allowExcessArguments();
    const flags = addToolFlags(command, tracer);
    addToolArguments(command, tracer);
    parseArgs(command, args);
    return readToolFlags('tracer', tracer, flags, command, () => undefined);
  };

  it('are read in order', () => {
    const values = take([{ option: 'pattern', required: true }], '-T', '3', 'vfs_*', '5');
    expect(values).toMatchObject({ pattern: 'vfs_*', top: 3 });
  });

  it('take the rest when they are a list, commas and all', () => {
    expect(take([{ option: 'probes' }], 'a,b', 'c').probes).toEqual(['a,b', 'c']);
  });

  it('are asked for when they are needed', () => {
    expect(() => take([{ option: 'pattern', required: true }])).toThrow("missing required argument 'pattern'");
  });
});
