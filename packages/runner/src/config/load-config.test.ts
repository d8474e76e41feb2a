// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the YAML under test substitutes, not JavaScript
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { formatError, isSkepError, SkepError, type SkepErrors } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { fakeInstallation, temporaryFolder, writeFiles } from '../../test/fake-packages.js';
import { createCatalog } from '../discovery/catalog.js';
import { type ConfigOptions, loadConfig, parseConfig } from './load-config.js';

const folder = temporaryFolder(fakeInstallation());
const file = join(folder, 'agent.yaml');
const environment = {
  PID: '181',
  EMPTY: '',
  PASSWORD: '0123',
  EVIL: 'x\n  evil: true',
  YES: 'true',
  BIG: 'x'.repeat(40),
};
const users = (name: string): number | undefined => (name === 'www-data' ? 33 : undefined);
const options: ConfigOptions = { environment, findUser: users };

const check = (text: string, more: ConfigOptions = {}) => parseConfig(text, file, { ...options, ...more });

/** Every mistake, one a line: `line:column code: message [remedy]`. */
async function mistakes(text: string, more: ConfigOptions = {}): Promise<string[]> {
  const error = await check(text, more).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error === undefined) return [];
  if (!isSkepError(error) || !('errors' in error)) throw error;
  return (error as SkepErrors).errors.map(({ location, code, message, remedy }) => {
    return `${location?.line}:${location?.column} ${code}: ${message}${remedy ? ` [${remedy}]` : ''}`;
  });
}

const withOptions = (given: string): string => `version: 1\nplugins:\n  a: { use: opensnoop, options: ${given} }\n`;
const withSink = (given: string): string => `version: 1\nplugins:\n  a: opensnoop\nsinks:\n  file: ${given}\n`;

describe('a correct file', () => {
  it('is read with its defaults', async () => {
    const config = await check('version: 1\nplugins:\n  opens: opensnoop\n  biolatency:\n');
    expect(config).toMatchObject({ version: 1, file, folder });
    expect(config.agent).toMatchObject({
      name: hostname(),
      metrics: undefined,
      log: 'info',
      user: undefined,
      privileges: 'drop',
    });
    expect(config.plugins.map(({ name, plugin, everyMs }) => [name, plugin.package, everyMs])).toEqual([
      ['opens', '@skep/plugin-opensnoop', 5000],
      ['biolatency', '@skep/plugin-biolatency', 2000],
    ]);
    expect(config.plugins[0]!.options).toMatchObject({ failed: false, pid: undefined, mode: 'short' });
    expect(config.sinks).toHaveLength(1);
    expect(config.sinks[0]).toMatchObject({ name: 'screen', getsEverything: true, from: ['opens', 'biolatency'] });
    expect(config.sinks[0]!.options).toEqual({ format: 'table' });
  });

  it('is read with everything given', async () => {
    const config = await check(`version: 1
agent: { name: web-1, metrics: "[::1]:9464", log: debug, user: 33 }
plugins:
  a: { use: opensnoop, every: 100ms, options: { failed: true, user: www-data, flags: [O_CREAT], ports: [80, 443], name: 0123 } }
  b: { use: skep-plugin-stranger }
sinks:
  out: { use: file, path: ./x, from: a, where: "uid == 0", size: 2MB, rotate: { size: 64KiB } }
`);
    expect(config.agent).toMatchObject({ name: 'web-1', metrics: { host: '::1', port: 9464 }, log: 'debug' });
    expect(config.agent.user).toMatchObject({ uid: 33, gid: 33 });
    expect(config.plugins[0]!.everyMs).toBe(100);
    expect(config.plugins[0]!.options).toMatchObject({ failed: true, user: 33, flags: ['O_CREAT'], ports: [80, 443] });
    expect(config.plugins[0]!.options.name).toBe('0123');
    const [sink] = config.sinks;
    expect(sink).toMatchObject({ name: 'out', from: ['a'], getsEverything: false, secrets: [] });
    expect(sink!.options).toMatchObject({ path: './x', size: 2_000_000, rotate: { size: 65536, keep: 5 } });
    expect(sink!.where).toMatchObject({ text: 'uid == 0', origin: { line: 7, column: 49 } });
  });

  it('may use anchors and merge keys', async () => {
    const config = await check(`version: 1
plugins:
  a: &base { use: opensnoop, options: &o { failed: true, pid: 1 } }
  b: { <<: *base, options: { <<: *o, pid: 2 } }
`);
    expect(config.plugins.map((one) => one.options)).toMatchObject([
      { failed: true, pid: 1 },
      { failed: true, pid: 2 },
    ]);
  });
});

describe('mistakes', () => {
  it('are all reported in one run, each with its place and remedy', async () => {
    const text = `version: 1
plugins:
  opens:
    use: opensnoop
    options: { fialed: true }
    evry: 5s
  disk: biolatenc
sinks:
  screen: { use: stdout, from: [opns] }
  screen: { use: stdout, format: jsn }
`;
    const error = await check(text).catch((reason: unknown) => reason);
    expect(formatError(error).replaceAll(`${folder}/`, '')).toBe(`\
error[SKEP_OPTION]: unknown option "fialed" of plugin opensnoop
  --> agent.yaml:5:16
 5 |     options: { fialed: true }
   |                ^^^^^^ did you mean "failed"?
error[SKEP_CONFIG]: unknown key "evry" of plugins.opens
  --> agent.yaml:6:5
 6 |     evry: 5s
   |     ^^^^ did you mean "every"?
error[SKEP_PLUGIN_NOT_FOUND]: no plugin "biolatenc"
  --> agent.yaml:7:9
 7 |   disk: biolatenc
   |         ^^^^^^^^^ did you mean "biolatency"? or npm install @skep/plugin-biolatenc
error[SKEP_CONFIG]: no plugin or processor is named "opns" in this file
  --> agent.yaml:9:33
 9 |   screen: { use: stdout, from: [opns] }
   |                                 ^^^^ did you mean "opens"?
error[SKEP_CONFIG]: the key "screen" is given twice
  --> agent.yaml:10:3
10 |   screen: { use: stdout, format: jsn }
   |   ^^^^^^ the first one is on line 9`);
  });

  it.each([
    ['', ['1:1 SKEP_CONFIG: the file is empty [begin it with "version: 1"]']],
    ['# only a comment\n', ['1:1 SKEP_CONFIG: the file is empty [begin it with "version: 1"]']],
    ['version: 1\n', ['1:1 SKEP_CONFIG: "plugins" is missing [add "plugins: { opens: opensnoop }"]']],
    [
      'version: 1\nplugins: {}',
      ['2:1 SKEP_CONFIG: no plugin is given [name at least one, such as "opens: opensnoop"]'],
    ],
    ['plugins: { opensnoop: }', ['1:1 SKEP_CONFIG: "version" is missing [begin the file with "version: 1"]']],
    [
      'version: 2\nplugins: { opensnoop: }',
      ['1:10 SKEP_CONFIG: version 2 is not known [this skep reads "version: 1"]'],
    ],
    [
      '- a',
      [
        '1:1 SKEP_CONFIG: the file: expected a mapping with the keys version, plugins, processors and sinks, got a list',
      ],
    ],
    [
      'version: 1\nplugins: [opensnoop]',
      ['2:10 SKEP_CONFIG: "plugins": expected a mapping of names to plugins, got a list'],
    ],
    [
      'version: 1\nplugins: { 1x: opensnoop, __proto__: opensnoop }',
      [
        '2:12 SKEP_CONFIG: the name "1x": expected a name: a letter or _, then up to 63 letters, digits, _ or -',
        '2:27 SKEP_CONFIG: no key can be "__proto__" [give it another name]',
      ],
    ],
    [
      'version: 1\nplugins: { a: 5, b: { use: 7 } }',
      [
        '2:15 SKEP_CONFIG: "a" of plugins: expected the name of a plugin, or a mapping, got 5',
        '2:28 SKEP_CONFIG: "use" of plugins.b: expected the name of a package, or a path beginning with ./, got 7',
      ],
    ],
    [
      'version: 1\nplugins: { a: { use: opensnoop, every: -1 } }',
      ['2:40 SKEP_CONFIG: "every" of plugins.a: expected a time from 1ms to 24d, such as 5s or 100ms, got -1'],
    ],
    [
      'version: 1\nplugins: { a: opensnoop }\nagent: { name: 1, metrics: "x", nmae: y }',
      [
        '3:16 SKEP_CONFIG: "name" of agent: expected a text such as the name of the host, got 1 [put it in quotes: "1"]',
        '3:28 SKEP_CONFIG: "metrics" of agent: expected host:port such as 127.0.0.1:9464, got "x"',
        '3:33 SKEP_CONFIG: unknown key "nmae" of agent [did you mean "name"?]',
      ],
    ],
    [
      'version: 1\nplugins: { a: opensnoop }\nagent: { user: nosuch, privileges: keep }',
      [
        '3:16 SKEP_CONFIG: no user "nosuch" on this machine [create it (useradd --system --no-create-home), or give a uid]',
        '3:36 SKEP_CONFIG: another user with the privileges of this one is no protection [give agent.user or privileges: keep, not both]',
      ],
    ],
    [
      'version: 1\nplugins: { a: opensnoop }\nagent: { user: -1, privileges: none }',
      [
        '3:16 SKEP_CONFIG: "user" of agent: expected the name of a user, or a uid, got -1',
        '3:32 SKEP_CONFIG: "privileges" of agent: expected one of drop, keep, got "none"',
      ],
    ],
    [
      'version: 1\nplugins: { stdout: }',
      ['2:12 SKEP_PLUGIN_NOT_FOUND: no plugin "stdout" [stdout is a sink: move it below "sinks:"]'],
    ],
    [
      'version: 1\nplugins: { a: { use: opensnoop, program: "int x;" } }',
      ['2:33 SKEP_CONFIG: plugin opensnoop takes no program [only "use: bcc" does]'],
    ],
    [
      'version: 1\nplugins: { a: opensnoop, a: biolatency }',
      ['2:26 SKEP_CONFIG: the key "a" is given twice [the first one is on line 2]'],
    ],
    [
      'version: 1\nplugins: { a: { use: "\\e[31mred" } }',
      ['2:22 SKEP_PLUGIN_NOT_FOUND: no plugin "\\u001b[31mred" [give a short name, a package name or a path]'],
    ],
  ])('in %j', async (text, expected) => {
    expect(await mistakes(text)).toEqual(expected);
  });

  it.each([
    [
      'version: 1\n\tplugins: 1',
      '2:1 SKEP_CONFIG: YAML syntax: tabs are not allowed as indentation [indent with spaces]',
    ],
    ['a: "b', '1:6 SKEP_CONFIG: YAML syntax: missing closing "quote'],
    ['version: 1\n---\nversion: 1', '2:1 SKEP_CONFIG: a second document [one file is one configuration]'],
    ['%YAML 1.1\n---\nversion: 1', '1:1 SKEP_CONFIG: YAML directives are not used here [remove it]'],
    ['version: !!js/function "1"', '1:10 SKEP_CONFIG: the tag !!js/function is not used here [remove it]'],
    ['version: !mine 1', '1:10 SKEP_CONFIG: the tag !mine is not used here [remove it]'],
    ['[a]: b', '1:1 SKEP_CONFIG: a key must be a text [give it a name]'],
    ['a: &x [*x]', '1:8 SKEP_CONFIG: the alias *x stands inside its own anchor [write the value out]'],
    ['a: &base 1\nb: *bsae', '2:4 SKEP_CONFIG: no anchor &bsae before this alias [did you mean "base"?]'],
    ['a: { <<: 5 }', '1:10 SKEP_CONFIG: "<<" merges mappings only [name the anchor of a mapping]'],
  ])('of YAML in %j', async (text, expected) => {
    expect(await mistakes(text)).toContain(expected);
  });

  it.each([
    [
      '{ pid: 0 }',
      '3:40 SKEP_OPTION: option "pid" of plugin opensnoop: expected a whole number from 1 to 4194304, got 0',
    ],
    ['{ failed: 1 }', '3:43 SKEP_OPTION: option "failed" of plugin opensnoop: expected true or false, got 1'],
    ['{ failed: }', '3:35 SKEP_OPTION: option "failed" of plugin opensnoop: expected true or false, got nothing'],
    [
      '{ user: nobdy }',
      '3:41 SKEP_OPTION: option "user" of plugin opensnoop: expected a uid or the name of a user, got "nobdy"',
    ],
    [
      '{ mode: shrt }',
      '3:41 SKEP_OPTION: option "mode" of plugin opensnoop: expected one of short, long, got "shrt" [did you mean "short"?]',
    ],
    [
      '{ ports: [80, 99999] }',
      '3:47 SKEP_OPTION: option "ports" of plugin opensnoop: expected a list of numbers, each a whole number from 0 to 65535, got 99999',
    ],
    ['{ name: { file: x } }', '3:41 SKEP_OPTION: option "name" of plugin opensnoop: expected a text, got a mapping'],
    [
      '{ pid: 1, user: 0 }',
      '3:43 SKEP_OPTION: options "pid" and "user" of plugin opensnoop exclude each other [remove one of them]',
    ],
    [
      '{ constructor: 1 }',
      '3:35 SKEP_OPTION: unknown option "constructor" of plugin opensnoop [valid: failed, pid, user, name, flags, ports, mode]',
    ],
    ['[failed]', '3:33 SKEP_CONFIG: "options" of plugin opensnoop: expected a mapping, got a list'],
  ])('in options %s', async (given, expected) => {
    expect(await mistakes(withOptions(given))).toEqual([expected]);
  });

  it.each([
    [
      '{ rotate: { size: big, kep: 1 } }',
      [
        '5:27 SKEP_OPTION: option "rotate.size" of sink file: expected a size such as 100MB or 64KiB, got "big"',
        '5:32 SKEP_OPTION: unknown option "rotate.kep" of sink file [did you mean "keep"?]',
      ],
    ],
    ['{ rotate: 5 }', ['5:19 SKEP_OPTION: option "rotate" of sink file: expected a mapping of size, keep, got 5']],
    ['{ from: [a, a] }', ['5:21 SKEP_CONFIG: "a" is named twice [remove one of them]']],
    ['{ from: [] }', ['5:17 SKEP_CONFIG: "from" of sinks.file: expected at least one name, got a list']],
    ['{ from: [[a]] }', ['5:17 SKEP_CONFIG: "from" of sinks.file: expected a name, got a list']],
    ['{ where: 5 }', ['5:18 SKEP_CONFIG: "where" of sinks.file: expected an expression over columns, got 5']],
    ['{ frm: [a] }', ['5:11 SKEP_OPTION: unknown option "frm" of sink file [did you mean "from"?]']],
    [
      '{ password: { env: NOPE } }',
      ['5:21 SKEP_OPTION: option "password" of sink file: the environment variable NOPE is not set'],
    ],
    [
      '{ password: { file: nope } }',
      ['5:21 SKEP_OPTION: option "password" of sink file: cannot read the file nope: there is no such file'],
    ],
    [
      '{ password: { env: BIG } }',
      [
        '5:21 SKEP_OPTION: option "password" of sink file: the environment variable BIG is not accepted: it is too long',
      ],
    ],
    [
      '{ password: "${BIG}" }',
      ['5:21 SKEP_OPTION: option "password" of sink file: the substituted text is not accepted: it is too long'],
    ],
  ])('in a sink %s', async (given, expected) => {
    expect(await mistakes(withSink(given))).toEqual(expected);
  });

  it('stop at a hundred', async () => {
    const lines = Array.from({ length: 300 }, (_, i) => `key${i}: 1`).join('\n');
    expect(await mistakes(`version: 1\nplugins: { opensnoop: }\n${lines}`)).toHaveLength(100);
  });
});

describe('substitution', () => {
  it('types a scalar that is one variable, and never adds structure', async () => {
    const config = await check(
      withOptions(
        '{ pid: "${PID}", failed: "${YES}", name: "${EVIL}", mode: "${NOPE:-long}", flags: ["${EMPTY:-O_CREAT}"] }',
      ),
    );
    expect(config.plugins[0]!.options).toMatchObject({
      pid: 181,
      failed: true,
      name: environment.EVIL,
      mode: 'long',
      flags: ['O_CREAT'],
    });
  });

  it('keeps the text of a variable for a text option, and $${ as it is', async () => {
    const config = await check(withSink('{ password: "${PASSWORD}", path: "a$${PID}b${PID}" }'));
    expect(config.sinks[0]!.options).toMatchObject({ password: '0123', path: 'a${PID}b181' });
  });

  it('types a plain scalar outside of braces', async () => {
    const config = await check(
      'version: ${ONE:-1}\nplugins:\n  a:\n    use: ${TOOL:-opensnoop}\n    every: ${EVERY:-3}\n',
    );
    expect(config.plugins[0]!.everyMs).toBe(3000);
  });

  it.each([
    [
      'path: "x ${NOPE} y ${ALSO}"',
      [
        '6:14 SKEP_CONFIG: the environment variable NOPE is not set [set it, or give a default: ${NOPE:-value}]',
        '6:24 SKEP_CONFIG: the environment variable ALSO is not set [set it, or give a default: ${ALSO:-value}]',
      ],
    ],
    [
      'path: ${1X}',
      ['6:11 SKEP_CONFIG: "${1X}" names no variable [write ${NAME} or ${NAME:-default}; $${ is a literal ${]'],
    ],
    [
      'path: a${PID',
      ['6:12 SKEP_CONFIG: nothing closes this "${" [write ${NAME} or ${NAME:-default}; $${ is a literal ${]'],
    ],
    [
      'path: ${constructor}',
      [
        '6:11 SKEP_CONFIG: the environment variable constructor is not set [set it, or give a default: ${constructor:-value}]',
      ],
    ],
  ])('reports %s', async (line, expected) => {
    expect(await mistakes(`version: 1\nplugins:\n  a: opensnoop\nsinks:\n  file:\n    ${line}\n`)).toEqual(expected);
  });

  it('says to quote it inside braces', async () => {
    expect((await mistakes(withOptions('{ pid: ${PID} }')))[0]).toContain('put quotes around "${...}"');
  });
});

it('options that end a tool at the prompt are refused', async () => {
  const text = 'version: 1\nplugins: { a: { use: opensnoop, options: { duration: 1s } } }\n';
  const workspace = join(import.meta.dirname, 'agent.yaml');
  const error: unknown = await parseConfig(text, workspace).catch((reason: unknown) => reason);
  expect((error as SkepErrors).errors.map(({ message, location }) => [location?.column, message])).toEqual([
    [44, 'option "duration" of plugin opensnoop ends a tool at the prompt, and an agent goes on'],
  ]);
});

describe('secrets', () => {
  it('are read from files and variables, and named as secrets', async () => {
    writeFiles(folder, { 'creds/ch': 'hunter2\n' });
    const fromFile = await check(withSink('{ password: { file: creds/ch } }'));
    expect(fromFile.sinks[0]).toMatchObject({ options: { password: 'hunter2' }, secrets: ['password'] });
    const fromVariable = await check(withSink('{ password: { env: PASSWORD } }'));
    expect(fromVariable.sinks[0]).toMatchObject({ options: { password: '0123' }, secrets: ['password'] });
  });
});

describe('where', () => {
  const failAt = (line: number, column: number, length: number) => ({
    checkWhere: () => {
      const location = { file: 'where', line, column, text: '', length };
      throw new SkepError('SKEP_FILTER', 'no column "uidd"', 'did you mean "uid"?', { location });
    },
  });

  it('is checked for its syntax even when the columns of a plugin are not known', async () => {
    expect((await mistakes(withSink('{ where: "uid = 0" }')))[0]).toMatch(/^5:\d+ SKEP_FILTER: /);
  });

  it('is checked for its syntax also when it is not known whose rows it gets', async () => {
    expect(await mistakes(withSink('{ from: [nobody], where: "uid = 0" }'))).toEqual([
      expect.stringMatching(/^5:\d+ SKEP_CONFIG: no plugin or processor is named "nobody"/),
      expect.stringMatching(/^5:\d+ SKEP_FILTER: /),
    ]);
  });

  it('gets the plugins of the sink', async () => {
    const seen: unknown[] = [];
    await check('version: 1\nplugins: { a: opensnoop, b: biolatency }\nsinks: { stdout: { from: [b], where: x } }', {
      checkWhere: (text, plugins) =>
        void seen.push(
          text,
          plugins.map((one) => one.name),
        ),
    });
    expect(seen).toEqual(['x', ['b']]);
  });

  it.each([
    ['pid == 1 && uidd == 0', '6:24'],
    ['"pid == 1 && uidd == 0"', '6:25'],
    ["'pid == 1 && uidd == 0'", '6:25'],
    ['"pid == 1\\x20&& uidd == 0"', '6:12'],
  ])('points into %s', async (where, place) => {
    const text = `version: 1\nplugins:\n  a: opensnoop\nsinks:\n  file:\n    where: ${where}\n`;
    const expected = `${place} SKEP_FILTER: no column "uidd" [did you mean "uid"?]`;
    expect(await mistakes(text, failAt(1, 13, 4))).toEqual([expected]);
  });

  it('points into the lines of a block', async () => {
    const text =
      'version: 1\nplugins:\n  a: opensnoop\nsinks:\n  file:\n    where: |\n      pid == 1 &&\n      uidd == 0\n';
    expect(await mistakes(text, failAt(2, 1, 4))).toEqual(['8:7 SKEP_FILTER: no column "uidd" [did you mean "uid"?]']);
  });
});

describe('packages', () => {
  const pinned = `sha512-${'A'.repeat(86)}==`;

  it('that are pinned are refused when they are others, and pins that are none are mistakes', async () => {
    const text = `version: 1
plugins:
  a: { use: opensnoop, integrity: ${pinned} }
  b: { use: biolatency, integrity: sha1-abc }
  c: { use: bcc, integrity: ${pinned} }
`;
    expect((await mistakes(text)).map((line) => line.replace(/ \[.*/, ''))).toEqual([
      '3:13 SKEP_INTEGRITY: plugin opensnoop (@skep/plugin-opensnoop 1.2.3) is not the package that was pinned; nothing of it was run',
      '4:36 SKEP_CONFIG: "integrity" of plugins.b: expected sha512- and 88 characters, as skep info prints it, got "sha1-abc"',
      '5:13 SKEP_INTEGRITY: bcc is part of skep',
    ]);
  });

  it('of one name are not used together, whatever names their instances have', async () => {
    writeFiles(folder, {
      'opensnoop/package.json': '{"name": "opensnoop", "version": "3.0.0", "type": "module"}',
      'opensnoop/index.js': "export default { [Symbol.for('skep.plugin')]: 1, attach: [], streams: {} };",
    });
    expect(await mistakes('version: 1\nplugins:\n  a: opensnoop\n  b: ./opensnoop\n  c: opensnoop\n')).toEqual([
      '4:3 SKEP_CONFIG: "opensnoop" is claimed by @skep/plugin-opensnoop 1.2.3 and by ./opensnoop 3.0.0: ' +
        'their rows could not be told apart [use one of them, or rename a package]',
    ]);
  });

  it('whose helpers are allowed are allowed by names that exist', async () => {
    const text = 'version: 1\nplugins:\n  a: { use: opensnoop, allow: [bpf_send_sginal] }\n';
    expect(await mistakes(text)).toEqual([
      expect.stringMatching(/^3:32 SKEP_CONFIG: "0" of plugins\.a\.allow: expected one of bpf_probe_write_user, /),
    ]);
  });
});

describe('loadConfig', () => {
  const failure = async (name: string): Promise<string> => {
    const error = await loadConfig(join(folder, name), options).catch((reason: unknown) => reason);
    return formatError(error).replaceAll(`${folder}/`, '');
  };

  it('reads a file, with or without a byte order mark and with any line ends', async () => {
    writeFiles(folder, { 'good.yaml': '\ufeffversion: 1\r\nplugins:\r\n  a: opensnoop\r\n' });
    expect((await loadConfig(join(folder, 'good.yaml'), options)).plugins).toHaveLength(1);
  });

  it('says why a file cannot be read', async () => {
    mkdirSync(join(folder, 'directory'));
    writeFiles(folder, {
      'large.yaml': `#${' '.repeat(1024 * 1024)}`,
      'latin1.yaml': Buffer.from('version: 1\n# caf\xe9\n', 'latin1'),
    });
    expect(await failure('nope.yaml')).toMatch(/^error\[SKEP_CONFIG\]: cannot read nope.yaml: there is no such file\n/);
    expect(await failure('directory')).toMatch(/^error\[SKEP_CONFIG\]: cannot read directory: it is a directory\n/);
    expect(await failure('large.yaml')).toMatch(/^error\[SKEP_CONFIG\]: large.yaml is larger than 1 MiB\n/);
    expect(await failure('/../../dev/zero')).toMatch(/^error\[SKEP_CONFIG\]: cannot read /);
    expect(await failure('latin1.yaml')).toMatch(/: this is not UTF-8 text\n {2}--> latin1.yaml:2:6\n/);
  });

  it('imports only what the file names', async () => {
    writeFiles(folder, {
      'node_modules/skep-plugin-loud/package.json': JSON.stringify({ name: 'skep-plugin-loud', exports: './index.js' }),
      'node_modules/skep-plugin-loud/index.js': 'globalThis.loud = true;',
    });
    await check('version: 1\nplugins: { opensnoop: }');
    expect(
      createCatalog(folder)
        .list()
        .map((one) => one.name),
    ).toContain('loud');
    expect('loud' in globalThis).toBe(false);
  });
});
