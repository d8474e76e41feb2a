import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readElf } from '@skep/libbpf/btf';
import { type StructMembers, scanBtf } from './scan-btf.js';

const ARCH: Readonly<Record<string, string>> = { x64: 'x86', arm64: 'arm64' };
const DEFINITION = /^struct (\w+) \{/gm;

/**
 * The kernel's structs that `skep/kernel/*.h` declare, with their members, as clang understands them: the headers are
 * compiled, and the BTF is read. Flavours keep their name, such as `task_struct___before_5_14`.
 *
 * @param include folder that holds `skep/kernel`
 * @throws Error with clang's words when the headers do not compile.
 */
export function declaredMembers(include: string): StructMembers {
  const headers = readdirSync(join(include, 'skep/kernel')).filter((name) => name.endsWith('.h'));
  const texts = headers.map((name) => readFileSync(join(include, 'skep/kernel', name), 'utf8'));
  const names = new Set(texts.flatMap((text) => [...text.matchAll(DEFINITION)].map(([, name]) => name!)));
  const source = [
    '#include <skep/types.bpf.h>',
    ...headers.map((name) => `#include <skep/kernel/${name}>`),
    // A variable of each: types that nobody uses are not emitted. On another architecture some are only declared.
    ...[...names].map((name) => `struct ${name} *skep_${name};`),
  ];
  const object = readElf(compile(`${source.join('\n')}\n`, include));
  const btf = object.sections.find((section) => section.name === '.BTF');
  if (!btf) throw new Error('clang wrote no BTF');
  return scanBtf(btf.data, names);
}

function compile(source: string, include: string): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'skep-checks-'));
  try {
    const [from, to] = [join(folder, 'kernel.c'), join(folder, 'kernel.o')];
    writeFileSync(from, source);
    const arch = `-D__TARGET_ARCH_${ARCH[process.arch] ?? process.arch}`;
    execFileSync('clang', ['--target=bpf', '-g', '-O2', arch, '-I', include, '-c', from, '-o', to]);
    return readFileSync(to);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
