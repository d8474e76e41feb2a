import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compiled } from './support/compile.js';
import { temporaryFolder } from './support/paths.js';
import { linesOf, runSkep, startSkep } from './support/skep.js';

const hex = (text: string | Buffer): string => Buffer.from(text).toString('hex');
const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

const NAMES: readonly (readonly [string, Buffer])[] = [
  ['escape sequences', bytes('\x1b[2J\x1b]0;owned\x07\x1b[31m')],
  ['newlines', bytes('one\ntwo\r\nPID COMM\n')],
  ['tabs and other controls', bytes('a\tb\x01\x08\x7f\x0c')],
  ['invalid UTF-8', bytes('\xff\xfe\x80ab\xc3')],
  ['quotes', bytes(`"'\`\\,;=#{}[]`)],
  ['C1 controls and marks that reorder text', Buffer.from('\u009b31m\u202eevil\u2066')],
  ['4095 bytes', bytes(`${'0123456789/abcde'.repeat(255)}0123456789/abcd`)],
];

// No byte acts on a terminal: C0 but line feed, DEL, and C1 or the marks for text direction as UTF-8.
const ACTING = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** The bytes of a field: those of its text, unless that was no UTF-8. */
function bytesOf(row: Readonly<Record<string, unknown>>, field: string): Buffer {
  const exact = row[`${field}_base64`];
  return typeof exact === 'string' ? Buffer.from(exact, 'base64') : Buffer.from(row[field] as string);
}

const names = NAMES.map(([, name]) => name);

async function trace(format: string, mode: 'open' | 'name', words: readonly (string | Buffer)[]): Promise<string[]> {
  const args = ['opensnoop', '-x', '-o', format, '--exec', compiled('hostile'), mode, ...words.map(hex)];
  const { code, stdout } = await runSkep(args);
  expect(stdout.match(ACTING)).toBeNull();
  expect(code).toBe(0);
  return linesOf(stdout);
}

const HEADERS: Readonly<Record<string, number>> = { table: 1, csv: 1, logfmt: 0 };

describe.each(['table', 'csv', 'logfmt'])('as %s', (format) => {
  it('every hostile path is one line, and nothing of it acts on the terminal', async () => {
    expect(await trace(format, 'open', ['plain', ...names])).toHaveLength(HEADERS[format]! + names.length);
  });

  it('every hostile name of a process is one line, and nothing of it acts on the terminal', async () => {
    expect(await trace(format, 'name', names)).toHaveLength(HEADERS[format]! + names.length);
  });
});

describe('as JSON', () => {
  it('paths come back byte for byte', async () => {
    const lines = await trace('json', 'open', ['plain', ...names]);
    for (const [n, [what, name]] of NAMES.entries()) expect(bytesOf(JSON.parse(lines[n]!), 'path'), what).toEqual(name);
    expect(lines).toHaveLength(names.length);
  });

  it('names of processes come back byte for byte', async () => {
    const lines = await trace('json', 'name', names);
    for (const [n, [what, name]] of NAMES.entries()) {
      expect(bytesOf(JSON.parse(lines[n]!), 'comm'), what).toEqual(name.subarray(0, 15));
    }
    expect(lines).toHaveLength(names.length);
  });
});

describe('arguments of a program', () => {
  const args = names.map((name) => name.subarray(0, 100));

  /** Lines, or the row, of one execution; the machine may execute `true` on its own account meanwhile. */
  async function executed(format: string, args: readonly Buffer[]): Promise<string[] | Record<string, unknown>> {
    const folder = temporaryFolder();
    const file = join(folder, 'skep.yaml');
    writeFileSync(
      file,
      `version: 1\nplugins: { execs: { use: execsnoop, options: { max_args: 60 } } }
sinks: { stdout: { format: ${format}, headers: false, where: "comm == 'true'" } }\n`,
    );
    const skep = startSkep(['run', file]);
    await skep.attached();
    const child = spawn(compiled('hostile'), ['exec', hex('skep-e2e'), ...args.map(hex)], { stdio: 'ignore' });
    await once(child, 'exit');
    skep.kill('SIGINT');
    const { stdout, code } = await skep.ended;
    expect(code).toBe(0);
    expect(stdout.match(ACTING)).toBeNull();
    if (format !== 'json')
      return linesOf(stdout).filter((line) => line.startsWith('true ') && line.includes(` ${child.pid} `));
    const rows = linesOf(stdout).map((line) => JSON.parse(line) as Record<string, unknown>);
    const own = rows.filter(({ pid, comm }) => pid === child.pid && comm === 'true');
    expect(own).toHaveLength(1);
    return own[0]!;
  }

  it('come back from JSON byte for byte', async () => {
    const { args: texts, args_base64: exact } = (await executed('json', args)) as Record<string, string[]>;
    const list = exact?.map((text) => Buffer.from(text, 'base64')) ?? texts!.map((text) => Buffer.from(text));
    // The first is the file that was executed, whatever argv[0] says.
    expect(list.slice(1)).toEqual(args.slice(1));
  });

  it('are one line of the table', async () => {
    expect(await executed('table', args)).toHaveLength(1);
  });

  it('may be none at all', async () => {
    expect((await executed('json', [])) as object).toMatchObject({ comm: 'true', ret: 0 });
  });
});
