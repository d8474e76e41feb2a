import { readFileSync } from 'node:fs';
import { SkepError } from '@skep/core';
import { LazyBtf } from '../btf/index.js';
import { FEATURES } from '../predict/features.js';
import { findType, type KernelDescription, type KernelFunction, tracepointArgs, YES } from '../predict/kernel.js';
import { elsewhere } from './known-kernels.js';

/**
 * A kernel of which there is only BTF, from a file: types and functions are known, records of tracepoints in part.
 *
 * @throws SkepError SKEP_USAGE when the file cannot be read, SKEP_SCHEMA when it is not BTF.
 */
export function btfKernel(file: string): KernelDescription {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new SkepError('SKEP_USAGE', `cannot read ${file}`, 'give a known kernel, or a file with BTF', { cause });
  }
  const types = new LazyBtf(bytes);
  const tables = [types];
  return {
    title: file,
    release: '',
    tables,
    feature: (name) => featureOf(types, name),
    functionNamed: (name) => functionIn(types, name) ?? 'unknown',
    // The fields of a record lie in the same places, but which class a tracepoint belongs to is not said.
    tracepoint: () => 'unknown',
    rawTracepoint: (name) => {
      const args = tracepointArgs(tables, name);
      return args === undefined ? undefined : { args };
    },
    elsewhere,
  };
}

/** What a function's BTF says; undefined for a function without. */
export function functionIn(types: LazyBtf, name: string): KernelFunction | undefined {
  const found = findType([types], name, 'func');
  const signature = found?.type.kind === 'func' ? types.type(found.type.type) : undefined;
  return signature?.kind === 'func_proto' ? { isTraceable: true, params: signature.params.length } : undefined;
}

/** Features that came after 5.10 leave a mark in the kernel's own enumerations. */
function featureOf(types: LazyBtf, name: string) {
  const feature = FEATURES.find((one) => one.name === name);
  const marks = feature?.helpers ?? (name === 'kprobe_multi' ? ['BPF_TRACE_KPROBE_MULTI'] : []);
  for (const enumeration of ['bpf_func_id', 'bpf_attach_type']) {
    const type = findType([types], enumeration, 'enum')?.type;
    if (type?.kind === 'enum' && marks.some((mark) => type.values.some(([value]) => value === mark))) return YES;
  }
  return marks.length === 0 ? YES : { state: 'no' as const, reason: `this kernel has no ${feature!.title}` };
}
