import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Why there is no program with USDT probes to look at; undefined when there is one. */
export const noShop: string | undefined =
  spawnSync('clang', ['--version']).status !== 0
    ? 'no clang'
    : ['/usr/include', `/usr/include/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu`].some((folder) =>
          existsSync(join(folder, 'sys/sdt.h')),
        )
      ? undefined
      : 'no sys/sdt.h: install systemtap-sdt-dev';

/** Compile `test/shop.c`; the path of the program. */
export function buildShop(): string {
  const program = join(mkdtempSync(join(tmpdir(), 'skep-shop-')), 'shop');
  const source = fileURLToPath(new URL('../test/shop.c', import.meta.url));
  execFileSync('clang', ['-O2', '-fno-optimize-sibling-calls', '-o', program, source]);
  return program;
}
