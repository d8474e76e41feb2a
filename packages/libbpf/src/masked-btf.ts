import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const KERNEL_BTF = '/sys/kernel/btf/vmlinux';

/**
 * Call `use` with a file that holds this kernel's BTF with these enumerators under other names: what a program asks of
 * the kernel is then answered as one without them would.
 */
export function withMaskedBtf<T>(names: Iterable<string>, use: (path: string) => T): T {
  const bytes = readFileSync(KERNEL_BTF);
  for (const name of names) {
    const at = bytes.indexOf(`\0${name}\0`);
    if (at >= 0) bytes.write('-', at + 1);
  }
  const folder = mkdtempSync(join(tmpdir(), 'skep-btf-'));
  try {
    const path = join(folder, 'vmlinux');
    writeFileSync(path, bytes);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
