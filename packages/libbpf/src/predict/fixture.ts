import type { BtfType, TypeTable } from '../btf/index.js';
import { LazyBtf, writeBtf } from '../btf/index.js';
import { compile } from '../fixture.js';
import { type Relocated, relocate } from './core-relocation.js';
import { type KernelDescription, YES } from './kernel.js';
import { type ObjectCode, readCode } from './object-code.js';
import { type ReachedCode, reach } from './reach.js';

/** A kernel's types, written by hand as C: what clang makes of the declarations, with ids of a kernel's BTF. */
export function kernelTypes(declarations: string): LazyBtf {
  // clang drops types that nothing is made of.
  const names = [...declarations.matchAll(/(?:^|;\s+)((?:struct|union|enum) \w+) \{/gm)].map(([, name]) => name);
  const uses = names.map((name, i) => `${name} *v${i};`).join(' ');
  const { btf } = readCode(
    compile(`
    typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef unsigned long long u64;
    ${declarations}
    ${uses}
    __attribute__((section("raw_tp/x"), used)) int x(void *ctx) { return 0; }`),
  );
  const kept = btf.types.map((type): BtfType => {
    const isOther = type.kind === 'var' || type.kind === 'datasec' || type.kind === 'decl_tag';
    return isOther ? { kind: 'typedef', name: '', type: 0 } : type;
  });
  return new LazyBtf(writeBtf(kept));
}

const PREAMBLE = `
#define __VMLINUX_H__
#include <skep/types.bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#define CORE __attribute__((preserve_access_index))
typedef __u8 u8; typedef __u16 u16; typedef __u32 u32; typedef __u64 u64;
char _license[] SEC("license") = "GPL";
`;

/** The object of a program `p` with this body; `ctx` is its context. */
export function program(declarations: string, body: string): ObjectCode {
  return programs(declarations, [body]);
}

/** The object of programs `p`, `p1`, `p2` ... */
export function programs(declarations: string, bodies: readonly string[]): ObjectCode {
  return readCode(programBytes(declarations, bodies));
}

export function programBytes(declarations: string, bodies: readonly string[]): Uint8Array {
  const functions = bodies.map((body, i) => `SEC("raw_tp/sys_enter") int p${i || ''}(u64 *ctx) { ${body} }`);
  return compile([PREAMBLE, declarations, ...functions].join('\n'));
}

/** Every relocation of a program against a kernel, in the order of its instructions. */
export function relocations(code: ObjectCode, name: string, ...tables: readonly TypeTable[]): Relocated[] {
  const starts = [...code.programs.values()].map(({ instruction }) => instruction);
  const { section, instruction: start } = code.programs.get(name)!;
  const end = Math.min(...starts.filter((one) => one > start), Number.POSITIVE_INFINITY);
  return [...code.sections.get(section)!.core]
    .filter(([at]) => at >= start && at < end)
    .map(([, one]) => relocate((id) => code.btf.types[id], one, tables));
}

export function reached(
  code: ObjectCode,
  name: string,
  tables: Iterable<TypeTable>,
  constants: ReadonlyMap<string, Uint8Array> = code.data,
): ReachedCode {
  return reach(code, code.programs.get(name)!, {
    relocate: (one) => relocate((id) => code.btf.types[id], one, tables),
    constants: (section) => (section.startsWith('.rodata') ? constants.get(section) : undefined),
    external: () => undefined,
  });
}

/** A kernel that has everything, except where `facts` says otherwise. */
export function kernel(facts: Partial<KernelDescription> = {}): KernelDescription {
  return {
    title: 'a kernel',
    release: '6.1.0',
    tables: [],
    feature: () => YES,
    functionNamed: () => undefined,
    tracepoint: () => undefined,
    rawTracepoint: () => undefined,
    elsewhere: () => '',
    ...facts,
  };
}
