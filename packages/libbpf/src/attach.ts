import { type Sampling, SkepError } from '@skep/core';
import { resolveBinary } from './binary.js';
import { describeErrno, EACCES, EPERM } from './errno.js';
import { libbpf, type Pointer, sized } from './native/libbpf.js';
import { errno, libc } from './native/libc.js';
import type { BpfObject } from './object.js';
import { openPerfClock } from './perf-event.js';
import { refusal } from './privilege/refusal.js';

/** An attached program; destroying it detaches. */
export class Link {
  private pointer: Pointer | undefined;

  constructor(pointer: Pointer) {
    this.pointer = pointer;
  }

  /** @throws SkepError SKEP_INTERNAL once it is destroyed. */
  get fd(): number {
    if (this.pointer === undefined) throw new SkepError('SKEP_INTERNAL', 'the link is gone');
    return libbpf().bpf_link__fd(this.pointer);
  }

  /**
   * Destroy it on a worker thread: the kernel waits a grace period, tens of milliseconds on a busy machine, during
   * which other plugins go on being drained.
   */
  async detach(): Promise<void> {
    const { pointer } = this;
    if (pointer === undefined) return;
    this.pointer = undefined;
    await new Promise<void>((resolve) => libbpf().bpf_link__destroy.async(pointer, () => resolve()));
  }

  destroy(): void {
    if (this.pointer === undefined) return;
    libbpf().bpf_link__destroy(this.pointer);
    this.pointer = undefined;
  }
}

/** What a user probe needs to know: which process, and files given in place of the ones found. */
export interface AttachOptions {
  /** Only this process; default: all. */
  readonly pid?: number;
  readonly binaries?: ReadonlyMap<string, string>;
  /** Of perf events, in place of what their section says. */
  readonly sampling?: Sampling;
}

/**
 * Attach a loaded program to what its section names. Section forms are libbpf's; for user probes
 * `uprobe/<binary>:<function>[+offset]`, `uretprobe/...` and `usdt/<binary>:<provider>:<name>`, where the binary may be
 * a short name such as `libc`; for samples `perf_event/<software clock>:<Hz>`, one link per CPU.
 *
 * @throws SkepError SKEP_ATTACH with the kernel's reason.
 */
export function attachProgram(object: BpfObject, name: string, options: AttachOptions = {}): Link[] {
  const program = object.program(name);
  const section = libbpf().bpf_program__section_name(program);
  object.takeMessages();
  const [kind = '', target = ''] = split(section, '/');
  switch (kind) {
    case 'uprobe':
    case 'uretprobe':
      return [attachUprobe(object, program, name, kind === 'uretprobe', target, options)];
    case 'usdt':
      return [attachUsdt(object, program, name, target, options)];
    case 'perf_event':
      return attachSamples(object, program, name, target, options);
    default:
      return [checked(object, name, section, libbpf().bpf_program__attach(program))];
  }
}

function attachUprobe(
  object: BpfObject,
  program: Pointer,
  name: string,
  retprobe: boolean,
  target: string,
  { pid, binaries }: AttachOptions,
): Link {
  const [binary = '', symbol = ''] = split(target, ':');
  const path = resolveBinary(binaries?.get(binary) ?? binary);
  const [func_name = '', offset = '0'] = split(symbol, '+');
  const opts = sized('skep_uprobe_opts', { ref_ctr_offset: 0, bpf_cookie: 0, retprobe, func_name });
  const link = libbpf().bpf_program__attach_uprobe_opts(program, pid ?? -1, path, Number(offset), opts);
  return checked(object, name, `${path}:${symbol}`, link);
}

function attachUsdt(object: BpfObject, program: Pointer, name: string, target: string, options: AttachOptions): Link {
  const [binary = '', provider = '', probe = ''] = target.split(':');
  const path = resolveBinary(options.binaries?.get(binary) ?? binary);
  const link = libbpf().bpf_program__attach_usdt(program, options.pid ?? -1, path, provider, probe, null);
  return checked(object, name, `${path}:${provider}:${probe}`, link);
}

function attachSamples(
  object: BpfObject,
  program: Pointer,
  name: string,
  target: string,
  { sampling = {} }: AttachOptions,
): Link[] {
  const [clock = '', hertz = ''] = split(target, ':');
  const links: Link[] = [];
  const fds = openPerfClock(
    clock,
    sampling.period === undefined ? { hertz: Number(hertz), ...given(sampling) } : sampling,
  );
  try {
    for (const fd of fds)
      links.push(checked(object, name, target, libbpf().bpf_program__attach_perf_event(program, fd)));
  } catch (error) {
    // A link has taken its descriptor over and closes it.
    for (const fd of fds.slice(links.length)) libc().close(fd);
    for (const link of links) link.destroy();
    throw error;
  }
  return links;
}

function checked(object: BpfObject, name: string, target: string, pointer: Pointer | null): Link {
  if (pointer !== null) return new Link(pointer);
  const code = errno();
  const said = object.takeMessages().at(-1);
  const details = said === undefined ? {} : { details: said };
  const what = `cannot attach ${name} to ${target}`;
  if (code === EPERM || code === EACCES) {
    throw refusal(what, describeErrno(code), [object.info.programs.find((one) => one.name === name)!], details);
  }
  throw new SkepError('SKEP_ATTACH', `${what}: ${reasonOf(code, target)}`, '', details);
}

/** libbpf's errno, and what it means for a probe of this kind. */
function reasonOf(code: number, target: string): string {
  if (/^k(ret)?probe|^ksyscall/.test(target) && code === 2) {
    return `${describeErrno(code)}: no such function, or this kernel has no kprobes`;
  }
  return describeErrno(code);
}

/** At the first separator: `a/b/c` -> `a`, `b/c`. */
function split(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function given({ hertz, cpu }: Sampling): Sampling {
  return { ...(hertz === undefined ? {} : { hertz }), cpu };
}
