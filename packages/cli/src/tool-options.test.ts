import { type OptionDefinitions, option, type Plugin } from '@skep/core';
import { expect, it } from 'vitest';
import { addToolFlags, readToolFlags, splitCommand } from './tool-options.js';
import { createCommand, parseArgs } from './usage.js';

const options: OptionDefinitions = {
  extended: option.boolean('More', { flags: '-e, --extended' }),
  shared: option.binary('File', { flags: '-s PATH, --shared PATH', default: '/bin/bash', bare: 'libreadline' }),
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
    exec: ['perl', '-e', 'print 1,2', '--exec'],
  });
});

it('parses as usual without a command', () => {
  expect(read('-e')).toEqual({ extended: true, shared: '/bin/bash', exec: undefined });
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
