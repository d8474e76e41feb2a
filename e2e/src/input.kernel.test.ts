import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/paths.js';
import { type Ended, runSkep } from './support/skep.js';
import { AS_USER } from './support/unprivileged.js';

// Without any privilege: a mistake that is found only after the kernel was asked would be reported as exit 3.
const UNPRIVILEGED = { through: AS_USER };

function expectMistake({ code, stdout, stderr }: Ended, message: RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^error\[SKEP_[A-Z_]+\]: /);
  expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+\)?$/m);
  expect(stderr).not.toContain('INTERNAL');
  expect([code, stdout]).toEqual([2, '']);
}

describe('a mistake on the command line is named, exits with 2 and attaches nothing:', () => {
  it.each<readonly [readonly string[], RegExp]>([
    [['opnsnoop'], /no plugin "opnsnoop"\n.*did you mean "opensnoop"/],
    [['constructor'], /no plugin "constructor"/],
    [['--frobnicate'], /unknown option '--frobnicate'/],
    [['\x1b[31mred'], /no plugin "\\x1b\[31mred"/],
    [['opensnoop', '--fialed'], /unknown option '--fialed'\n.*did you mean "--failed"/],
    [['opensnoop', '-p', 'self'], /option "pid" of opensnoop: expected a whole number.*got "self"/],
    [['opensnoop', '-p', '-1'], /option "pid" of opensnoop: expected a whole number.*got "-1"/],
    [['opensnoop', '-p'], /option '-p, --pid <PID>' argument missing/],
    [['opensnoop', '-u', 'no-such-user'], /expected a uid or the name of a user/],
    [['opensnoop', '-b', '3'], /expected a power of two, got "3"/],
    [
      ['opensnoop', '-p', '1', '--exec', 'touch', '/tmp/skep-e2e-never'],
      /"pid" and "exec".*cannot be given together|"exec" and "pid"/,
    ],
    [['opensnoop', '5'], /takes no interval, got "5"/],
    [['opensnoop', '--duration', '-5s'], /a time above 0/],
    [['opensnoop', '--duration', '30d'], /24d/],
    [['opensnoop', '-o', 'xml'], /expected one of table, json, csv, logfmt, folded, got "xml"/],
    [['opensnoop', '--where', 'nope == 1'], /no stream has field "nope"/],
    [['opensnoop', '--where', 'pid ='], /unexpected character "="/],
    [['biotop', '-1'], /interval of biotop: expected a number above 0, got "-1"/],
    [['biotop', '0'], /interval of biotop: expected a number above 0, got "0"/],
    [['biotop', '1', '0.5'], /count of biotop: expected a number above 0/],
    [['biotop', '1', '2', '3'], /too many arguments, got "3"/],
    [['run', '/no/such/file.yaml'], /cannot read \/no\/such\/file.yaml: there is no such file/],
    [['run', '--duration', '0'], /a time above 0/],
    [['run', '/'], /it is a directory/],
    [['info'], /missing required argument 'tool'/],
    [['info', 'nope'], /no plugin "nope"/],
    [['explain', 'nope'], /no plugin "nope"/],
    [['selftest', 'nope'], /no plugin "nope"/],
    [['selftest'], /which tools/],
    [['list', '-o', 'yaml'], /expected text or json, got "yaml"/],
  ])('skep %j', async (args, message) => {
    expectMistake(await runSkep(args, UNPRIVILEGED), message);
  });
});

describe('a mistake in a configuration is named, exits with 2 and attaches nothing:', () => {
  const aliases = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (const [before, after] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg']) {
    aliases.push(`${after}: &${after} [${Array(9).fill(`*${before}`).join(', ')}]`);
  }

  it.each<readonly [string, string, RegExp]>([
    ['a bomb of aliases', aliases.join('\n'), /alias|anchor/i],
    ['a bomb of depth', `version: 1\nplugins: ${'['.repeat(5000)}`, /nested deeper than/],
    ['a bomb of size', `version: 1\nplugins: { a: opensnoop } # ${'x'.repeat(2 << 20)}`, /larger than 1 MiB/],
    [
      'a duplicate key',
      'version: 1\nplugins: { a: opensnoop, a: opensnoop }',
      /"a".*(twice|already|duplicate|unique)/i,
    ],
    ['an unknown key', 'version: 1\nplugnis: { a: opensnoop }', /did you mean "plugins"/],
    [
      'an unknown option',
      'version: 1\nplugins: { a: { use: opensnoop, options: { fialed: true } } }',
      /did you mean "failed"/,
    ],
    [
      'a wrong type',
      'version: 1\nplugins: { a: { use: opensnoop, options: { pid: [1] } } }',
      /expected a whole number/,
    ],
    ['a negative number', 'version: 1\nplugins: { a: { use: opensnoop, options: { pid: -1 } } }', /got -?"?-1/],
    ['a negative interval', 'version: 1\nplugins: { a: { use: biotop, every: -1s } }', /a time from 1ms to 24d/],
    ['a plugin nobody has', 'version: 1\nplugins: { a: nosuchtool }', /no plugin "nosuchtool"/],
    [
      'a dangling name',
      'version: 1\nplugins: { a: opensnoop }\nsinks: { stdout: { from: [b] } }',
      /no plugin or processor is named "b"/,
    ],
    ['a wrong filter', 'version: 1\nplugins: { a: opensnoop }\nsinks: { stdout: { where: "pit == 1" } }', /"pit"/],
    ['no YAML', 'version: 1\nplugins: { a: ', /./],
    ['nothing', '', /./],
    ['bytes that are no UTF-8', 'version: 1\nplugins: { a: "\xff" }', /not UTF-8/],
  ])('%s', async (_, yaml, message) => {
    const folder = temporaryFolder();
    const file = join(folder, 'skep.yaml');
    writeFileSync(file, yaml, yaml.includes('\xff') ? 'latin1' : 'utf8');
    expectMistake(await runSkep(['run', file], UNPRIVILEGED), message);
  });

  it('a file that may not be read', async () => {
    const file = join(temporaryFolder(), 'skep.yaml');
    writeFileSync(file, 'version: 1\nplugins: { a: opensnoop }\n');
    chmodSync(file, 0o600);
    expectMistake(await runSkep(['run', file], UNPRIVILEGED), /permission denied/);
  });

  it('five of them: all are reported in one run, each with line and column', async () => {
    const file = join(temporaryFolder(), 'skep.yaml');
    const yaml = [
      'version: 1',
      'plugins:',
      '  opens: { use: opensnoop, options: { fialed: true } }',
      '  top: { use: biotop, every: soon }',
      '  gone: nosuchtool',
      'sinks:',
      '  screen: { use: stdout, from: [opens, opnes] }',
      '  file: { use: file, path: x.jsonl, where: "pid >" }',
    ];
    writeFileSync(file, `${yaml.join('\n')}\n`);
    for (const command of ['check', 'run']) {
      const ended = await runSkep([command, file], UNPRIVILEGED);
      expectMistake(ended, /fialed/);
      const places = [...ended.stderr.matchAll(/--> .*:(\d+):(\d+)$/gm)].map(([, line, column]) => `${line}:${column}`);
      expect(places).toEqual(['3:39', '4:30', '5:9', '7:40', '8:50']);
      expect(ended.stderr.match(/^error\[/gm)).toHaveLength(5);
    }
  });
});

it('a command that goes on keeps nobody waiting', async () => {
  const shell = ['sh', '-c', 'echo "pid $$"; exec sleep 600 >/dev/null 2>&1'];
  // Time enough for the shell of a busy machine to say who it is.
  const { code, stdout, stderr } = await runSkep(['opensnoop', '-d', '5', '--exec', ...shell]);
  expect(stderr).toMatch(/attempted/);
  expect(code).toBe(0);
  process.kill(Number(/^pid (\d+)$/m.exec(stdout)![1]));
});

it('a command to trace does not run when skep cannot trace it', async () => {
  const file = join(temporaryFolder(), 'ran');
  const { code } = await runSkep(['opensnoop', '--exec', 'touch', file], UNPRIVILEGED);
  expect(code).toBe(3);
  expect(existsSync(file)).toBe(false);
  const traced = await runSkep(['opensnoop', '-o', 'json', '--exec', 'touch', file]);
  expect(traced.code).toBe(0);
  expect(traced.stdout).toContain(`"path":"${file}"`);
  expect(existsSync(file)).toBe(true);
});
