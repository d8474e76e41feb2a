import { readFileSync } from 'node:fs';
import { MemorySource } from '@skep/elf';
import { describe, expect, it } from 'vitest';
import { readBinary } from './binary.js';
import { readElfSymbols } from './elf-symbols.js';
import { parseMaps } from './memory-maps.js';
import { numbers } from './numbers-fixture.js';
import { noCompiler, TestProgram } from './program-fixture.js';

describe.skipIf(noCompiler)('files that whoever is traced wrote', () => {
  it('may be cut off or changed anywhere: they have names or none, and nothing breaks', async () => {
    const program = new TestProgram();
    const whole = Uint8Array.from(readFileSync(program.path));
    await program.remove();
    const next = numbers(1);
    let named = 0;
    for (let run = 0; run < 400; run++) {
      const bytes = whole.slice(0, run % 4 === 0 ? Math.floor(next() * whole.length) : whole.length);
      // Most of what steers the reading lies in the first and the last kilobytes.
      for (let change = 0; change < 8 && bytes.length > 0; change++) {
        const near = next() < 0.5 ? next() * 1024 : bytes.length - 1 - next() * 2048;
        bytes[Math.max(0, Math.min(bytes.length - 1, Math.floor(near)))] = Math.floor(next() * 256);
      }
      const binary = readBinary(new MemorySource(bytes), (file) => ({
        symbols: readElfSymbols(file),
        inlined: undefined,
      }));
      expect(binary.bytes).toBeLessThan(1 << 20);
      for (let at = 0; at < whole.length; at += 8) if (binary.find(at)?.name === 'first_function') named++;
    }
    expect(named).toBeGreaterThan(0);
  });
});

describe('maps of a process', () => {
  it('are read whatever files are called', () => {
    const text = [
      '00400000-00401000 r-xp 00001000 08:01 42                         /opt/a b (deleted) (deleted)',
      '00500000-00501000 r--p 00000000 08:01 42                         /opt/data',
      '7f00-8000 r-xp 00000000 00:00 0 ',
      '7ffc1000-7ffc2000 r-xp 00000000 00:00 0                          [vdso]',
      '9000-a000 rwxp 00000000 00:05 7                                  /memfd:jit\\012x (deleted)',
      'no line at all',
    ].join('\n');
    expect(parseMaps(text).map(({ path, isDeleted, offset }) => [path, isDeleted, offset])).toEqual([
      ['/opt/a b (deleted)', true, 0x1000],
      ['', false, 0],
      ['[vdso]', false, 0],
      ['/memfd:jit\nx', true, 0],
    ]);
  });
});
