import { SkepError } from '@skep/core';
import { describeErrno, EACCES, EPERM } from './errno.js';
import { decodeString, libbpf, sized } from './native/libbpf.js';
import { withMemory } from './native/libc.js';
import { lastLines } from './verifier-log.js';

/** `enum bpf_prog_type`, the kinds that are loaded from plain instructions. */
export const PROG_TYPES = {
  kprobe: 2,
  tracepoint: 5,
  perf_event: 7,
  raw_tracepoint: 17,
  tracing: 26,
  lsm: 29,
} as const;

export type ProgramType = keyof typeof PROG_TYPES;

/** `enum bpf_attach_type` of programs that are attached to a function by its BTF. */
export const ATTACH_TYPES = { fentry: 24, fexit: 25, modifyReturn: 26, lsm: 27 } as const;

/** Instructions of one program whose maps are already file descriptors of this process. */
export interface ProgramSource {
  readonly name: string;
  readonly type: ProgramType;
  /** 8 bytes each. */
  readonly instructions: Uint8Array;
  readonly license: string;
  /** For `tracing` and `lsm`: the function, as the kernel's BTF names it. */
  readonly target?: { readonly name: string; readonly attachType: number };
  /** For kinds that are attached to many functions: `MULTI_ATTACH`. */
  readonly attachType?: number;
}

/** As long as the log of the last state of a rejected program may be; logs of whole programs are longer. */
const LOG_BYTES = 1 << 20;

/**
 * Load a program; the descriptor is the caller's to close.
 *
 * @throws SkepError SKEP_VERIFIER with the verifier's last lines (all of them in `details`); SKEP_PERMISSION when this
 *   kernel or user may not load its kind; SKEP_ATTACH when the kernel has no such target.
 */
export function loadProgram(source: ProgramSource): number {
  const targetId = source.target === undefined ? 0 : findTarget(source, source.target);
  const load = (log: object) => {
    const options = sized('skep_prog_load_opts', {
      expected_attach_type: source.target?.attachType ?? source.attachType ?? 0,
      attach_btf_id: targetId,
      ...log,
    });
    // Names of kernel objects hold at most 15 characters.
    const name = source.name.slice(0, 15);
    const { instructions, license } = source;
    return libbpf().bpf_prog_load(
      PROG_TYPES[source.type],
      name,
      license,
      instructions,
      instructions.length / 8,
      options,
    );
  };
  const fd = load({});
  if (fd >= 0) return fd;
  const log = withMemory(LOG_BYTES, (address) => {
    load({ log_level: 1, log_size: LOG_BYTES, log_buf: address });
    return decodeString(address);
  });
  throw loadError(source, -fd, log);
}

function findTarget({ name: program }: ProgramSource, { name, attachType }: NonNullable<ProgramSource['target']>) {
  const id = libbpf().libbpf_find_vmlinux_btf_id(name, attachType);
  if (id > 0) return id;
  throw new SkepError(
    'SKEP_ATTACH',
    `cannot load ${program}: the kernel's BTF has no function "${name}"`,
    'fentry and LSM programs need CONFIG_DEBUG_INFO_BTF=y and a function that is not inlined',
  );
}

function loadError({ name }: ProgramSource, code: number, log: string): SkepError {
  const message = `the kernel refused program ${name}: ${describeErrno(code)}`;
  const lines = lastLines(log, 12);
  if (lines.trim() !== '') {
    return new SkepError('SKEP_VERIFIER', message, `the verifier's last lines:\n${lines}`, { details: log });
  }
  if (code !== EPERM && code !== EACCES) return new SkepError('SKEP_VERIFIER', message);
  const isRoot = process.getuid?.() === 0;
  return new SkepError(
    'SKEP_PERMISSION',
    message,
    isRoot
      ? 'this kernel does not allow this kind of program (lockdown, or a container without CAP_BPF)'
      : 'run as root, or grant CAP_BPF and CAP_PERFMON',
  );
}
