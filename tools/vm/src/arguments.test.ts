import { describe, expect, it } from 'vitest';
import { parseArguments } from './arguments.js';

function runOptions(...argv: string[]) {
  const request = parseArguments(['run', ...argv]);
  if (request.action !== 'run') throw new Error(`parsed as ${request.action}`);
  return request.options;
}

describe('parseArguments', () => {
  it('leaves everything after -- to the command', () => {
    expect(runOptions('--kernel', '6.1', '--', 'uname', '-a', '--kernel', '--', 'x').command).toEqual([
      'uname',
      '-a',
      '--kernel',
      '--',
      'x',
    ]);
  });

  it('takes the first word that is no option for the command, also without --', () => {
    const options = runOptions('-k', '6.12', '--cpus', '1', 'ls', '--cpus', '9');
    expect(options.command).toEqual(['ls', '--cpus', '9']);
    expect(options.cpus).toBe(1);
  });

  it('collects what may be repeated', () => {
    const options = runOptions(
      ...['-k', '6.1', '--disk', '1G', '--disk', 'a.img', '--module', 'null_blk nr_devices=1', '--module', 'loop'],
      ...['--env', 'A=b=c', '--env', 'EMPTY=', '--env', 'SKEP_SURELY_UNSET', '--append', 'lockdown=integrity', 'true'],
    );
    expect(options.disks).toEqual(['1G', 'a.img']);
    expect(options.modules).toEqual(['null_blk nr_devices=1', 'loop']);
    expect(options.env).toEqual({ A: 'b=c', EMPTY: '' });
    expect(options.append).toEqual(['lockdown=integrity']);
  });

  it('reads times and has defaults', () => {
    expect(runOptions('-k', '6.1', '--timeout', '20m', 'true').timeoutMs).toBe(1_200_000);
    expect(runOptions('-k', '6.1', 'true')).toMatchObject({
      cpus: 2,
      memoryMb: 2500,
      timeoutMs: 600_000,
      headers: false,
    });
  });

  it('expands all, and knows list and help', () => {
    expect(parseArguments(['fetch', '-k', 'all'])).toMatchObject({
      kernels: ['5.10', '6.1', '6.12', 'sid'],
      update: false,
    });
    expect(parseArguments(['list'])).toEqual({ action: 'list' });
    expect(parseArguments([])).toMatchObject({ action: 'help', text: expect.stringContaining('Usage: vm') });
    expect(parseArguments(['run', '--help'])).toMatchObject({
      action: 'help',
      text: expect.stringContaining('--timeout'),
    });
  });

  it.each([
    [['run', '--kernel', '4.19', 'true'], 'unknown kernel "4.19"'],
    [['run', 'true'], "required option '-k, --kernel <name>' not specified"],
    [['run', '-k', '6.1'], "missing required argument 'command'"],
    [['run', '-k', '6.1', '--cpus', 'two', 'true'], '"two" is no count'],
    [['run', '-k', '6.1', '--timeout', 'soon', 'true'], '"soon" is no duration'],
    [['run', '-k', '6.1', '--env', '1=2', 'true'], '--env 1=2: no variable'],
    [['run', '-k', '6.1', '--accel', 'hvf', 'true'], "argument 'hvf' is invalid"],
    [['fetch'], 'fetch: which kernel?'],
    [['frobnicate'], "unknown command 'frobnicate'"],
  ])('refuses %j', (argv, message) => {
    let thrown: unknown;
    try {
      parseArguments(argv);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'VM_USAGE', exitCode: 2, message: expect.stringContaining(message) });
  });
});
