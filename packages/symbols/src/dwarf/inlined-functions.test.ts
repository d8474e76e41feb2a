import { execFileSync, spawnSync } from 'node:child_process';
import { ElfFile, FileSource } from '@skep/elf';
import { afterEach, describe, expect, it } from 'vitest';
import { demangle } from '../demangle/demangle.js';
import { TestProgram } from '../program-fixture.js';
import { DwarfMemory } from './dwarf-memory.js';
import { InlinedFunctions } from './inlined-functions.js';

function has(tool: string): boolean {
  return !spawnSync(tool, ['--version']).error;
}

/** Functions with enough in them that compilers inline some into others, in several pieces. */
const SOURCE = `
#include <algorithm>
#include <map>
#include <string>
#include <vector>
namespace shop {
  struct Till {
    std::map<std::string, std::vector<int>> sold;
    Till(const char *name) { add(name, 1); }
    void add(const std::string &what, int price) { sold[what].push_back(price); }
    template <typename T> long total(T factor) const {
      long sum = 0;
      for (const auto &one : sold) for (int price : one.second) sum += price * factor;
      return sum;
    }
  };
}
static int dropped(int x) { return x * 2; }
int main(int argc, char **argv)
{
  shop::Till till("open");
  for (int i = 0; i < argc; i++) till.add(argv[i], i);
  std::vector<std::string> names;
  for (const auto &one : till.sold) names.push_back(one.first);
  std::sort(names.begin(), names.end(), [](const std::string &a, const std::string &b) { return a.size() < b.size(); });
  return till.total(2) + till.total(2.5) + names.size() + dropped(argc);
}
`;

const noOracle = has('llvm-symbolizer') ? undefined : 'no llvm-symbolizer to compare with';

let program: TestProgram | undefined;
afterEach(() => program?.remove());

/** What llvm-symbolizer tells of every third address of the code, as our reader would. */
function oracle(path: string, addresses: readonly number[]): string[][] {
  const input = addresses.map((address) => `0x${address.toString(16)}`).join('\n');
  const args = ['--no-demangle', '--inlines', '--functions', '--basenames', `--obj=${path}`];
  const out = execFileSync('llvm-symbolizer', args, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  // For each address lines of a name and a place for each function, the last one being there; then an empty one.
  return out
    .trimEnd()
    .split('\n\n')
    .map((block) =>
      block
        .split('\n')
        .filter((_, i) => i % 2 === 0)
        .slice(0, -1)
        .map(demangle),
    );
}

describe.skipIf(noOracle)('functions that are inlined', () => {
  it.each(
    ['g++', 'clang++'].flatMap((compiler) =>
      [
        ['-gdwarf-4'],
        ['-gdwarf-5'],
        ['-gdwarf-5', '-gz'],
        ['-gdwarf-4', '-ffunction-sections', '-Wl,--gc-sections'],
      ].map((flags) => ({ compiler, flags, text: `${compiler} ${flags.join(' ')}` })),
    ),
  )('are those that llvm-symbolizer finds at every address: $text', ({ compiler, flags }) => {
    // A machine may have one compiler alone.
    if (!has(compiler)) return;
    program = new TestProgram(['-O2', '-g', ...flags], SOURCE, { compiler, language: 'c++' });
    const source = new FileSource(program.path);
    try {
      const file = new ElfFile(source);
      const text = file.section('.text')!;
      const addresses = Array.from({ length: Math.floor(text.size / 3) }, (_, i) => text.address + i * 3);
      const inlined = InlinedFunctions.of(file, source, new DwarfMemory())!;
      const expected = oracle(program.path, addresses);
      expect(addresses.map((address) => inlined.find(address))).toEqual(expected);
      expect(Math.max(...expected.map(({ length }) => length))).toBeGreaterThan(3);
    } finally {
      source.close();
    }
  });
});
