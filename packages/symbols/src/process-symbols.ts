import { readFileSync } from 'node:fs';
import type { Binaries } from './binaries.js';
import type { Binary } from './binary.js';
import { demangle } from './demangle/demangle.js';
import type { Frame } from './frame.js';
import { JitSymbols } from './jit-symbols.js';
import { Lru } from './lru.js';
import { type Mapping, mappingOf, parseMaps } from './memory-maps.js';

/** Of all addresses together: one has several where functions are inlined. */
const MAX_FRAMES = 32768;
/** A process that maps code all the time (a JIT) has its maps read at most this often. */
const REREAD_MS = 200;

const UNKNOWN: readonly Frame[] = [{ name: undefined, offset: 0, module: undefined }];

/** Names of the addresses of one process, as long as it is the same. */
export class ProcessSymbols {
  readonly pid: number;
  private readonly binaries: Binaries;
  private readonly now: () => number;
  private readonly frames = new Lru<number, readonly Frame[]>(MAX_FRAMES);
  private readonly opened = new Map<string, Binary | undefined>();
  private mappings: readonly Mapping[] = [];
  private readonly jit: JitSymbols;
  private jitReadAt = Number.NEGATIVE_INFINITY;
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(pid: number, binaries: Binaries, now: () => number = () => performance.now()) {
    this.pid = pid;
    this.binaries = binaries;
    this.now = now;
    this.jit = new JitSymbols(pid);
    this.readMaps();
  }

  /** The functions inlined at `address`, innermost first, and the one that is there. */
  find(address: number): readonly Frame[] {
    const known = this.frames.get(address);
    if (known) return known;
    let mapping = mappingOf(this.mappings, address);
    if (!mapping && this.now() - this.readAt >= REREAD_MS) {
      this.readMaps();
      mapping = mappingOf(this.mappings, address);
    }
    // Not kept: the next reading of the maps may know it.
    if (!mapping) return UNKNOWN;
    const frames = this.framesIn(mapping, address);
    // What a JIT has not written down yet it may write later, and what it has it may replace.
    if (!isAnonymous(mapping.path)) this.frames.set(address, frames, frames.length);
    return frames;
  }

  private readMaps(): void {
    this.readAt = this.now();
    try {
      this.mappings = parseMaps(readFileSync(`/proc/${this.pid}/maps`, 'utf8'));
    } catch {
      // It has ended, or belongs to somebody else: what was read before still holds for what it did before.
    }
  }

  private framesIn(mapping: Mapping, address: number): readonly Frame[] {
    const { path, start, offset } = mapping;
    const fileOffset = address - start + offset;
    if (isAnonymous(path)) return this.jitFrame(address);
    const module = path.slice(path.lastIndexOf('/') + 1).replace(/^\[(.*)\]$/, '$1');
    const binary = this.binaryOf(mapping);
    const found = binary?.find(fileOffset);
    const inlined = binary?.inlinedAt(fileOffset) ?? [];
    return [
      ...inlined.map((name) => ({ name, offset: 0, module, isInlined: true })),
      found
        ? { name: demangle(found.name), offset: found.offset, module }
        : { name: undefined, offset: fileOffset, module },
    ];
  }

  private jitFrame(address: number): readonly Frame[] {
    let name = this.jit.find(address);
    if (name === undefined && this.now() - this.jitReadAt >= REREAD_MS) {
      this.jitReadAt = this.now();
      if (this.jit.refresh()) name = this.jit.find(address);
    }
    return name === undefined ? UNKNOWN : [{ name: demangle(name), offset: 0, module: undefined }];
  }

  private binaryOf(mapping: Mapping): Binary | undefined {
    const { path, start, end, inode, isDeleted } = mapping;
    if (path === '[vdso]') return this.binaries.ofVdso();
    if (!path.startsWith('/')) return undefined;
    const key = `${path}\0${inode}`;
    if (this.opened.has(key)) return this.opened.get(key);
    const mapped = `/proc/${this.pid}/map_files/${start.toString(16)}-${end.toString(16)}`;
    // The path as the process sees it, whose root may be a container's. A file that was deleted or replaced has that
    // path no more: the mapping leads to it still, for who has CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.
    const root = `/proc/${this.pid}/root`;
    // By its bare path for who has ended.
    const files = isDeleted ? [mapped] : [mapped, `${root}${path}`, path];
    const binary = this.binaries.open(files, inode, root, path);
    this.opened.set(key, binary);
    return binary;
  }
}

/** Memory without a file, where a JIT puts its code: also when it has a name or came from memfd_create(2). */
function isAnonymous(path: string): boolean {
  return path === '' || path.startsWith('[anon:') || path.startsWith('/memfd:') || path.startsWith('//anon');
}
