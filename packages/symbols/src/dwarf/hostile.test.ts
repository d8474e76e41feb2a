import { readFileSync } from 'node:fs';
import { ElfFile, type ElfSection, MemorySource } from '@skep/elf';
import { afterEach, describe, expect, it } from 'vitest';
import { numbers } from '../numbers-fixture.js';
import { noCompiler, TestProgram } from '../program-fixture.js';
import { DwarfMemory } from './dwarf-memory.js';
import { InlinedFunctions } from './inlined-functions.js';

const INLINES = `
#define INLINE static inline __attribute__((always_inline))
INLINE int deepest(int x) { __asm__ volatile("nop; nop; nop" : "+r"(x)); return x; }
INLINE int middle(int x) { x = deepest(x); __asm__ volatile("nop; nop" : "+r"(x)); return x; }
__attribute__((noinline)) int outer(int x) { x = middle(x); __asm__ volatile("nop" : "+r"(x)); return x; }
int main(int argc, char **argv) { return outer(argc); }
`;

let program: TestProgram | undefined;
afterEach(() => program?.remove());

/** An entry for the first byte. */
const NAMED = 'named: .uleb128 8; .asciz "named"; .quad start; .quad 1; .long named - unit';

/** The names found at every byte of the code. */
function namesOf(bytes: Uint8Array, text: ElfSection): string[][] {
  const source = new MemorySource(bytes);
  const inlined = InlinedFunctions.of(new ElfFile(source), source, new DwarfMemory());
  return Array.from({ length: text.size }, (_, i) => [...(inlined?.find(text.address + i) ?? [])]);
}

function compiled(...args: ConstructorParameters<typeof TestProgram>): { bytes: Uint8Array; file: ElfFile } {
  program = new TestProgram(...args);
  const bytes = Uint8Array.from(readFileSync(program.path));
  return { bytes, file: new ElfFile(new MemorySource(bytes)) };
}

function assembled(entries: string): { bytes: Uint8Array; file: ElfFile } {
  const flags = ['-nostartfiles', '-nostdlib', '-static', '-Wl,-e,start'];
  return compiled(flags, assembly(entries), { language: 'assembler' });
}

describe.skipIf(noCompiler)('debug information that whoever is traced wrote', () => {
  it.each([['-gdwarf-4'], ['-gdwarf-5'], ['-gz']])('may be changed anywhere: %s', (flag) => {
    const { bytes: whole, file } = compiled(['-O2', '-g', flag], INLINES);
    const text = file.section('.text')!;
    const debug = file.sections.filter(({ name }) => name.startsWith('.debug_'));
    expect(namesOf(whole, text)).toContainEqual(['deepest', 'middle']);
    const next = numbers(2);
    let [named, unnamed] = [0, 0];
    for (let run = 0; run < 300; run++) {
      const bytes = whole.slice();
      for (let change = 0; change < 1 + next() * 6; change++) {
        const { offset, size } = debug[Math.floor(next() * debug.length)]!;
        bytes[offset + Math.floor(next() * size)] = next() < 0.3 ? 0xff : Math.floor(next() * 256);
      }
      if (namesOf(bytes, text).some(({ length }) => length > 0)) named++;
      else unnamed++;
    }
    // Both were seen: the changes hit something, and not everything at once.
    expect(named).toBeGreaterThan(0);
    expect(unnamed).toBeGreaterThan(0);
  });

  it('may be cut off anywhere', () => {
    const { bytes: whole, file } = compiled(['-O2', '-g'], INLINES);
    const text = file.section('.text')!;
    const info = file.section('.debug_info')!;
    for (const { name, index, size } of file.sections) {
      if (!name.startsWith('.debug_')) continue;
      for (const left of [0, 1, 3, Math.floor(size / 2), size - 1]) {
        const bytes = whole.slice();
        const view = new DataView(bytes.buffer);
        const headers = Number(view.getBigUint64(40, true));
        view.setBigUint64(headers + index * 64 + 32, BigInt(left), true);
        namesOf(bytes, text);
      }
    }
    // The file itself ends within a section.
    const source = new MemorySource(whole.subarray(0, info.offset + 10));
    const inlined = InlinedFunctions.of(file, source, new DwarfMemory())!;
    expect(inlined.find(text.address)).toEqual([]);
  });

  it.each([
    [100, [['named']]],
    [2000, [[]]],
  ])('may be nested deeply: %i blocks', (depth, expected) => {
    const blocks = `.rept ${depth}\n.uleb128 10\n.endr\n${NAMED}\n.rept ${depth}\n.byte 0\n.endr`;
    const { bytes, file } = assembled(blocks);
    expect(namesOf(bytes, file.section('.text')!).slice(0, 1)).toEqual(expected);
  });

  it.each([
    [10, [['named']]],
    [20_000, [[]]],
  ])('may ask for more work than it is worth: %i lists of a thousand ranges', (count, expected) => {
    const { bytes, file } = assembled(`.rept ${count}\n.uleb128 11\n.long named - unit\n.long 0\n.endr\n${NAMED}`);
    const text = file.section('.text')!;
    expect(namesOf(bytes, { ...text, size: 1 })).toEqual(expected);
  });

  it('may refer to itself, to nothing and to other units', () => {
    const { bytes, file } = assembled(STRANGE);
    const names = namesOf(bytes, file.section('.text')!);
    // One byte each, in the order of the entries.
    expect(names.slice(0, 6)).toEqual([
      // Round in a circle.
      [],
      // Behind the end.
      [],
      // In a unit of a version that is not read.
      [],
      // In a partial unit.
      ['shared'],
      // In the entry itself.
      ['inline_text'],
      // In the file of all programs.
      [],
    ]);
  });
});

/** DWARF that no compiler writes. Units: 64-bit offsets, version 3, a partial one, and the one with the code. */
const assembly = (entries: string) => `
.text
.globl start
start: nop; nop; nop; nop; nop; nop; ret
end:
.section .debug_abbrev,"",@progbits
abbrev:
.uleb128 1, 0x11; .byte 1; .uleb128 0x11, 0x01, 0x12, 0x07, 0, 0
.uleb128 2, 0x2e; .byte 1; .uleb128 0x11, 0x01, 0x12, 0x07, 0, 0
.uleb128 3, 0x1d; .byte 0; .uleb128 0x31, 0x13, 0x11, 0x01, 0x12, 0x07, 0, 0
.uleb128 4, 0x2e; .byte 0; .uleb128 0x31, 0x13, 0, 0
.uleb128 5, 0x1d; .byte 0; .uleb128 0x31, 0x10, 0x11, 0x01, 0x12, 0x07, 0, 0
.uleb128 6, 0x3c; .byte 1; .uleb128 0, 0
.uleb128 7, 0x2e; .byte 0; .uleb128 0x03, 0x08, 0, 0
.uleb128 8, 0x1d; .byte 0; .uleb128 0x03, 0x08, 0x11, 0x01, 0x12, 0x07, 0x31, 0x13, 0, 0
.uleb128 9, 0x1d; .byte 0; .uleb128 0x31, 0x1f20, 0x11, 0x01, 0x12, 0x07, 0, 0
.uleb128 10, 0x0b; .byte 1; .uleb128 0, 0
.uleb128 11, 0x1d; .byte 0; .uleb128 0x31, 0x13, 0x55, 0x17, 0, 0
.byte 0
.section .debug_ranges,"",@progbits
.rept 1000
.quad 1, 1
.endr
.quad 0, 0
.section .debug_info,"",@progbits
info:
.long 0xffffffff; .quad 4; .long 0
old: .long old_end - old_version
old_version: .2byte 3; .long 0; .byte 8
old_entry: .uleb128 7; .asciz "too_old"
old_end:
part: .long part_end - part_version
part_version: .2byte 4; .long 0; .byte 8
.uleb128 6
shared: .uleb128 7; .asciz "shared"
.byte 0
part_end:
unit: .long unit_end - version
version: .2byte 4; .long 0; .byte 8
.uleb128 1; .quad start; .quad end - start
.uleb128 2; .quad start; .quad end - start
${entries}
.byte 0
circle: .uleb128 4; .long other - unit
other: .uleb128 4; .long circle - unit
.byte 0
unit_end:
`;

const STRANGE = `
.uleb128 3; .long circle - unit; .quad start; .quad 1
.uleb128 3; .long 0xfffffff; .quad start + 1; .quad 1
.uleb128 5; .long old_entry - info; .quad start + 2; .quad 1
.uleb128 5; .long shared - info; .quad start + 3; .quad 1
named: .uleb128 8; .asciz "inline_text"; .quad start + 4; .quad 1; .long named - unit
.uleb128 9; .long 7; .quad start + 5; .quad 1
`;
