import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { noCompiler, TestProgram } from './program-fixture.js';
import { SystemSymbolizer } from './symbolizer.js';

const noTools = noCompiler !== undefined || Boolean(spawnSync('objcopy', ['--version']).error);

describe.skipIf(noTools)('a stripped file', () => {
  let program: TestProgram;
  afterEach(() => program.remove());

  /** The program stripped; its symbols are in the file that is returned. */
  function stripped(link: boolean): string {
    // An id of its own: that of its bytes is the one of other tests' programs, which run beside this one.
    program = new TestProgram([`-Wl,--build-id=0x${randomBytes(20).toString('hex')}`]);
    const debug = `${program.path}.debug`;
    execFileSync('objcopy', ['--only-keep-debug', program.path, debug]);
    execFileSync('strip', [program.path]);
    if (link) execFileSync('objcopy', [`--add-gnu-debuglink=${debug}`, program.path]);
    return debug;
  }

  async function names(): Promise<string[]> {
    const { pid, addresses } = await program.start();
    return new SystemSymbolizer({ warn() {} }).user(pid, BigUint64Array.of(addresses[0]! + 2n), 'names');
  }

  it('has the names of the file that it links to', async () => {
    stripped(true);
    expect(await names()).toEqual(['first_function']);
  });

  it('has the names of a file in .debug', async () => {
    const debug = stripped(true);
    const inFolder = join(program.folder, '.debug', 'busy.debug');
    mkdirSync(dirname(inFolder));
    copyFileSync(debug, inFolder);
    rmSync(debug);
    expect(await names()).toEqual(['first_function']);
  });

  it('has no names of a file with another checksum', async () => {
    const debug = stripped(true);
    writeFileSync(debug, '\n', { flag: 'a' });
    expect((await names())[0]).toMatch(/^\[busy\+0x/);
  });

  it('has the names of a symbol file that is given', async () => {
    const debug = stripped(false);
    const { pid, addresses } = await program.start();
    const symbolizer = new SystemSymbolizer({ warn() {} });
    const at = BigUint64Array.of(addresses[0]! + 2n);
    expect(symbolizer.user(pid, at, 'names')[0]).toMatch(/^\[busy\+0x/);
    expect(symbolizer.withSymbolFiles([debug]).user(pid, at, 'names')).toEqual(['first_function']);
    // Another program's symbols are of no use.
    const other = new TestProgram(['-Wl,--build-id', '-O0']);
    expect(symbolizer.withSymbolFiles([other.path]).user(pid, at, 'names')[0]).toMatch(/^\[busy\+0x/);
    await other.remove();
  });

  it.skipIf(process.getuid?.() !== 0)('has the names of the file with its build id', async () => {
    const debug = stripped(false);
    const notes = execFileSync('readelf', ['-n', program.path], { encoding: 'utf8' });
    const id = /Build ID: ([0-9a-f]+)/.exec(notes)![1]!;
    const path = `/usr/lib/debug/.build-id/${id.slice(0, 2)}/${id.slice(2)}.debug`;
    const made = mkdirSync(dirname(path), { recursive: true });
    copyFileSync(debug, path);
    rmSync(debug);
    try {
      expect(await names()).toEqual(['first_function']);
    } finally {
      rmSync(path);
      // Of the folders only what this run made and no other one uses.
      for (let at = dirname(path); made && at.length >= made.length && isEmpty(at); at = dirname(at)) rmdirSync(at);
    }
  });
});

function isEmpty(folder: string): boolean {
  return readdirSync(folder).length === 0;
}

describe('symbol files', () => {
  it('that are none are refused', () => {
    const symbolizer = new SystemSymbolizer({ warn() {} });
    expect(() => symbolizer.withSymbolFiles(['/nowhere/x'])).toThrow('symbol file /nowhere/x cannot be read');
    expect(() => symbolizer.withSymbolFiles(['/etc/hostname'])).toThrow('/etc/hostname has no build id');
  });
});
