import { SkepError } from '@skep/core';
import { describeErrno, EACCES, EINVAL, EPERM } from './errno.js';
import { bpfLinkCreate, errno, withMemory } from './native/libc.js';
import { FdLink } from './perf-link.js';

/** `enum bpf_attach_type`: programs of type kprobe that are loaded for many functions at once. */
export const MULTI_ATTACH = { kernel: 42, user: 48 } as const;

const FLAG_RETURN = 1;

export interface KernelFunctions {
  readonly symbols: readonly string[];
  /** One for each symbol. */
  readonly cookies: readonly number[];
  readonly isReturn: boolean;
}

/**
 * Attach a program loaded for `MULTI_ATTACH.kernel` to many kernel functions by one link (Linux 5.18, CONFIG_FPROBE).
 *
 * @throws SkepError SKEP_ATTACH when this kernel cannot, or one of the functions is not among those that can be traced.
 */
export function attachKernelFunctions(program: number, { symbols, cookies, isReturn }: KernelFunctions): FdLink {
  const texts = symbols.map((symbol) => Buffer.from(`${symbol}\0`, 'latin1'));
  const count = symbols.length;
  const bytes = texts.reduce((sum, text) => sum + text.length, 0);
  return withMemory(count * 16 + bytes, (address, memory) => {
    const view = new DataView(memory.buffer);
    let at = count * 16;
    for (const [i, text] of texts.entries()) {
      view.setBigUint64(i * 8, address + BigInt(at), true);
      view.setBigUint64(count * 8 + i * 8, BigInt(cookies[i]!), true);
      memory.set(text, at);
      at += text.length;
    }
    const attr = linkAttr(program, MULTI_ATTACH.kernel);
    attr.setUint32(16, isReturn ? FLAG_RETURN : 0, true);
    attr.setUint32(20, count, true);
    attr.setBigUint64(24, address, true);
    attr.setBigUint64(40, address + BigInt(count * 8), true);
    return created(create(attr), `${count} kernel functions`);
  });
}

export interface UserFunctions {
  readonly path: string;
  readonly places: readonly { readonly offset: bigint; readonly semaphore: bigint; readonly cookie: number }[];
  readonly isReturn: boolean;
  /** Default: every process that maps the file. */
  readonly pid?: number | undefined;
}

/**
 * Attach a program loaded for `MULTI_ATTACH.user` to many places of one file by one link (Linux 6.6).
 *
 * @throws SkepError SKEP_ATTACH when this kernel cannot, or cannot for one process: see `takesProcesses`.
 */
export function attachUserFunctions(program: number, places: UserFunctions): FdLink {
  const target = `${places.places.length} places of ${places.path}`;
  if (places.pid !== undefined && !takesProcesses(program)) throw refusal(target, EINVAL);
  return created(createUserLink(program, places), target);
}

/**
 * Whether a link for a process is for all of its threads. It was for the one thread before Linux 6.10 (commit
 * 46ba0e49b642) and the stable kernels of that time; only since then is a process of -1 refused before the file is looked at.
 */
function takesProcesses(program: number): boolean {
  const places = [{ offset: 0n, semaphore: 0n, cookie: 0 }];
  return createUserLink(program, { path: '/', places, isReturn: false, pid: -1 }) === -EINVAL;
}

function createUserLink(program: number, { path, places, isReturn, pid }: UserFunctions): number {
  const name = Buffer.from(`${path}\0`, 'utf8');
  const count = places.length;
  return withMemory(count * 24 + name.length, (address, memory) => {
    const view = new DataView(memory.buffer);
    for (const [i, { offset, semaphore, cookie }] of places.entries()) {
      view.setBigUint64(i * 8, offset, true);
      view.setBigUint64((count + i) * 8, semaphore, true);
      view.setBigUint64((count * 2 + i) * 8, BigInt(cookie), true);
    }
    memory.set(name, count * 24);
    const attr = linkAttr(program, MULTI_ATTACH.user);
    attr.setBigUint64(16, address + BigInt(count * 24), true);
    attr.setBigUint64(24, address, true);
    attr.setBigUint64(32, address + BigInt(count * 8), true);
    attr.setBigUint64(40, address + BigInt(count * 16), true);
    attr.setUint32(48, count, true);
    attr.setUint32(52, isReturn ? FLAG_RETURN : 0, true);
    attr.setInt32(56, pid ?? 0, true);
    return create(attr);
  });
}

/** The part of `union bpf_attr` that BPF_LINK_CREATE reads; what follows depends on the kind. */
function linkAttr(program: number, attachType: number): DataView<ArrayBuffer> {
  const attr = new DataView(new ArrayBuffer(64));
  attr.setUint32(0, program, true);
  attr.setUint32(8, attachType, true);
  return attr;
}

/** The descriptor of the link, or a negative error. */
function create(attr: DataView<ArrayBuffer>): number {
  const fd = bpfLinkCreate(new Uint8Array(attr.buffer));
  return fd >= 0 ? fd : -errno();
}

function created(result: number, target: string): FdLink {
  if (result >= 0) return new FdLink(result);
  throw refusal(target, -result);
}

function refusal(target: string, code: number): SkepError {
  const isPermission = code === EPERM || code === EACCES;
  return new SkepError(
    isPermission ? 'SKEP_PERMISSION' : 'SKEP_ATTACH',
    `cannot attach to ${target}: ${describeErrno(code)}`,
    isPermission ? 'run as root, or grant CAP_PERFMON' : '',
  );
}
