import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isBrokenPipe } from './broken-pipe.js';
import { streamOutput } from './output.js';

class FakeStream extends EventEmitter {
  readonly writes: Uint8Array[] = [];
  error: Error | undefined;

  write(bytes: Uint8Array, done: (error?: Error | null) => void): boolean {
    this.writes.push(bytes);
    setImmediate(() => {
      done(this.error);
      if (this.error) this.emit('error', this.error);
    });
    return true;
  }
}

const bytes = Uint8Array.of(1);

describe('streamOutput', () => {
  it('settles when the stream has taken the bytes', async () => {
    const stream = new FakeStream();
    await streamOutput(stream, false).write(bytes);
    expect(stream.writes).toEqual([bytes]);
  });

  it('rejects with the first error from then on, and no error goes unheard', async () => {
    const stream = new FakeStream();
    const output = streamOutput(stream, false);
    stream.error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    await expect(output.write(bytes)).rejects.toBe(stream.error);
    await new Promise(setImmediate);
    await expect(output.write(bytes)).rejects.toBe(stream.error);
    expect(stream.writes).toHaveLength(1);
  });
});

describe('standardOutput', () => {
  it('loses nothing to a slow reader and does not hold up the program meanwhile', () => {
    const folder = mkdtempSync(join(tmpdir(), 'skep-output-'));
    try {
      // The reader waits until the program has run a timer while its write was pending, or a minute.
      const flag = join(folder, 'ran');
      const program = `
        import { writeFileSync } from 'node:fs';
        import { standardOutput } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
        const timer = setInterval(() => writeFileSync(${JSON.stringify(flag)}, ''), 10);
        for (let i = 0; i < 8; i++) await standardOutput().write(new Uint8Array(1 << 18).fill(65));
        clearInterval(timer);`;
      const wait = 'i=0; while [ ! -e "$2" ] && [ $i -lt 1200 ]; do sleep 0.05; i=$((i+1)); done';
      const shell = `"$0" --input-type=module -e "$1" | (${wait}; [ -e "$2" ] && echo ran; wc -c)`;
      const { stdout } = spawnSync('sh', ['-c', shell, process.execPath, program, flag], { encoding: 'utf8' });
      expect(stdout.split(/\s+/)).toEqual(['ran', String(8 << 18), '']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('reports a reader that closed the pipe', () => {
    const program = `
      import { isBrokenPipe, standardOutput } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
      const line = new TextEncoder().encode('line\\n'.repeat(1000));
      try { for (;;) await standardOutput().write(line); } catch (error) { console.error(isBrokenPipe(error)); }`;
    const shell = `"$0" --input-type=module -e "$1" | head -n 1`;
    const { stdout, stderr } = spawnSync('sh', ['-c', shell, process.execPath, program], { encoding: 'utf8' });
    expect([stdout, stderr.trim()]).toEqual(['line\n', 'true']);
  });
});

describe('isBrokenPipe', () => {
  it('looks through causes', () => {
    const epipe = Object.assign(new Error('x'), { code: 'EPIPE' });
    expect(isBrokenPipe(new Error('outer', { cause: new Error('inner', { cause: epipe }) }))).toBe(true);
    expect(isBrokenPipe(Object.assign(new Error('x'), { code: 'ENOSPC' }))).toBe(false);
    expect(isBrokenPipe('EPIPE')).toBe(false);
  });
});
