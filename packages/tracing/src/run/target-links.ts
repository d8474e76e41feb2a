import { type Log, SkepError } from '@skep/core';
import { resembling } from '@skep/libbcc';
import {
  attachKernelFunctions,
  attachKernelProbe,
  attachTracepoint,
  attachUserFunctions,
  attachUserProbe,
  type BpfObject,
  detachAll,
  type FdLink,
  MULTI_ATTACH,
  type ProgramType,
} from '@skep/libbpf';
import { isRefusal, type Target } from '../place/target.js';

/** A program of the object that is made for many places. */
export interface TargetProgram {
  /** Uses `skep_target()`: a copy is loaded for each place. */
  readonly copied: string;
  /** The same with `skep_cookie()`: one link for all, where the kernel has that. Absent: never tried. */
  readonly shared?: string;
  readonly type: ProgramType;
  readonly isReturn?: boolean;
  /** False: it does not ask which place it runs for. */
  readonly isNumbered?: boolean;
}

/** A place, and the number that the program knows it by. */
export interface Numbered {
  readonly target: Target;
  readonly index: number;
}

/** What could not be attached to, and why. */
export interface Refused extends Numbered {
  readonly error: SkepError;
}

/** Where the number of the place stands in a copied program: `skep_target()` of skep/target.bpf.h. */
const MARK = 0x736b65702d746774n;
const LOAD_64 = 0x18;

/** Links for many places that may be refused before the rest is attached one by one. */
const MOST_REFUSALS = 64;

/** Programs of one loaded object, attached to places that are known at run time only. */
export class TargetLinks {
  private readonly object: BpfObject;
  private readonly log: Log;
  private readonly hasCookies: boolean;
  private readonly all: FdLink[] = [];
  private readonly names: { readonly name: string; readonly section: string }[] = [];

  /** @param hasCookies whether programs for many places at once are loaded, or need not be */
  constructor(object: BpfObject, log: Log, hasCookies: boolean) {
    this.object = object;
    this.log = log;
    this.hasCookies = hasCookies;
  }

  /** What is attached, one entry for each place. */
  get attached(): readonly { readonly name: string; readonly section: string }[] {
    return this.names;
  }

  get links(): readonly FdLink[] {
    return this.all;
  }

  /**
   * Attach a program to every target, each under its number: by one link per kind and file where the kernel can, else one
   * by one. Those that cannot be attached to are left out and returned.
   *
   * @throws SkepError what was refused first, when nothing could be attached.
   */
  attach(program: TargetProgram, targets: readonly Numbered[], pid?: number): Refused[] {
    const refused: Refused[] = [];
    for (const group of groupsOf(targets)) {
      for (const { target, index } of this.attachTogether(program, group, pid)) {
        try {
          this.all.push(...this.attachOne(program, target, index, pid));
          this.note(program, target);
        } catch (error) {
          if (!isRefusal(error)) throw error;
          const named = withHint(error as SkepError, target);
          if (targets.length === 1) throw named;
          refused.push({ target, index, error: named });
        }
      }
    }
    if (refused.length === targets.length) throw refused[0]!.error;
    return refused;
  }

  private note({ copied, isReturn = false }: TargetProgram, target: Target): void {
    const kind = { kernel: 'kprobe', user: 'uprobe', tracepoint: 'tracepoint' }[target.kind];
    const library = target.kind === 'user' ? `${target.path}:` : '';
    this.names.push({
      name: copied,
      section: `${kind.replace('probe', isReturn ? 'retprobe' : 'probe')}/${library}${target.name}`,
    });
  }

  /**
   * Attach what one link can hold by few links. A kernel refuses such a link as a whole when it refuses one of its
   * places: it is tried with the halves then, so that the others need no link each.
   *
   * @returns what is left to be attached one by one
   */
  private attachTogether(program: TargetProgram, group: readonly Numbered[], pid?: number): readonly Numbered[] {
    const { shared } = program;
    if (!this.hasCookies || shared === undefined || group[0]!.target.kind === 'tracepoint') return group;
    const left: Numbered[] = [];
    const parts = [group];
    let refusals = 0;
    for (let part = parts.pop(); part; part = parts.pop()) {
      if (part.length === 1 || refusals === MOST_REFUSALS) {
        left.push(...part);
        continue;
      }
      try {
        this.all.push(this.linkOf(shared, program, part, pid));
        for (const { target } of part) this.note(program, target);
      } catch (error) {
        const { message } = error as Error;
        this.log.debug(`not by one link: ${message.split('\n', 1)[0]}`);
        // EINVAL is what a kernel says that has no such links at all.
        if (!isRefusal(error) || message.includes('EINVAL')) return [...left, ...part, ...parts.flat()];
        refusals++;
        const middle = part.length >> 1;
        parts.push(part.slice(middle), part.slice(0, middle));
      }
    }
    return left;
  }

  private linkOf(shared: string, program: TargetProgram, part: readonly Numbered[], pid?: number): FdLink {
    const isKernel = part[0]!.target.kind === 'kernel';
    const attachType = isKernel ? MULTI_ATTACH.kernel : MULTI_ATTACH.user;
    const copy = this.object.loadCopy(shared, { type: 'kprobe', attachType });
    try {
      return isKernel ? together(copy, program, part) : inFile(copy, program, part, pid);
    } catch (error) {
      this.object.dropCopy(copy);
      throw error;
    }
  }

  private attachOne(program: TargetProgram, target: Target, index: number, pid: number | undefined): FdLink[] {
    const { copied, type, isReturn = false, isNumbered = true } = program;
    // Every place takes the same program where it does not ask which place it runs for.
    if (!isNumbered) return linksOf(this.object.programFd(copied), target, isReturn, pid);
    const copy = this.object.loadCopy(copied, { type }, (instructions) => setTarget(instructions, index));
    try {
      return linksOf(copy, target, isReturn, pid);
    } catch (error) {
      this.object.dropCopy(copy);
      throw error;
    }
  }

  async detach(): Promise<void> {
    await detachAll(this.all.splice(0));
  }

  /** Detach at once: for what could not be attached as a whole. */
  destroy(): void {
    for (const link of this.all.splice(0)) link.destroy();
  }
}

/** Where a kernel has no kprobes at all, what resembles the function is worth more than that fact. */
function withHint(error: SkepError, target: Target): SkepError {
  if (target.kind !== 'kernel' || error.remedy !== '') return error;
  const message = /has no kprobes/.test(error.message)
    ? `cannot attach to kernel function ${target.symbol}: ${error.message}`
    : error.message;
  return new SkepError(error.code, message, resembling(target.symbol), { cause: error });
}

/** All places of a target, or none. */
function linksOf(fd: number, target: Target, isReturn: boolean, pid: number | undefined): FdLink[] {
  if (target.kind === 'tracepoint') return [attachTracepoint(fd, target.category, target.event)];
  if (target.kind === 'kernel') return [attachKernelProbe(fd, { symbol: target.symbol, offset: 0n, isReturn })];
  const links: FdLink[] = [];
  try {
    for (const place of target.places) links.push(attachUserProbe(fd, { path: target.path, ...place, isReturn, pid }));
    return links;
  } catch (error) {
    for (const link of links) link.destroy();
    throw error;
  }
}

/** What one link can hold: kernel functions, or places of one file. */
function groupsOf(all: readonly Numbered[]): Numbered[][] {
  const groups = new Map<string, Numbered[]>();
  for (const one of all) {
    const key = one.target.kind === 'user' ? one.target.path : one.target.kind;
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}

function together(fd: number, { isReturn = false }: TargetProgram, group: readonly Numbered[]): FdLink {
  const symbols = group.flatMap(({ target }) => (target.kind === 'kernel' ? [target.symbol] : []));
  return attachKernelFunctions(fd, { symbols, cookies: group.map(({ index }) => index), isReturn });
}

function inFile(fd: number, { isReturn = false }: TargetProgram, group: readonly Numbered[], pid?: number): FdLink {
  const places = group.flatMap(({ target, index }) =>
    target.kind === 'user' ? target.places.map((place) => ({ ...place, cookie: index })) : [],
  );
  const [{ target }] = group as [Numbered];
  return attachUserFunctions(fd, { path: target.kind === 'user' ? target.path : '', places, isReturn, pid });
}

/** Write the number of a place into a copy of a program. @throws SkepError SKEP_PLUGIN when it does not ask for it. */
export function setTarget(instructions: Uint8Array<ArrayBuffer>, index: number): void {
  const view = new DataView(instructions.buffer, instructions.byteOffset, instructions.byteLength);
  let found = 0;
  for (let at = 0; at + 16 <= instructions.length; at += 8) {
    if (instructions[at] !== LOAD_64) continue;
    const value = BigInt(view.getUint32(at + 4, true)) | (BigInt(view.getUint32(at + 12, true)) << 32n);
    if (value === MARK) {
      view.setUint32(at + 4, index, true);
      view.setUint32(at + 12, 0, true);
      found++;
    }
    at += 8;
  }
  if (found === 0) throw new SkepError('SKEP_PLUGIN', 'the program does not call skep_target()');
}

/** Say what could not be probed, in one line. */
export function warnOfRefused(log: Log, source: string, refused: readonly Refused[], all: number): void {
  if (refused.length === 0) return;
  const names = refused.slice(0, 5).map(({ target }) => target.name);
  const more = refused.length > names.length ? ', ...' : '';
  log.warn(`${source}: ${refused.length} of ${all} cannot be probed: ${names.join(', ')}${more}`);
}
