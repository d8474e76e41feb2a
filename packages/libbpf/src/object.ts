import { type Log, SkepError } from '@skep/core';
import type { ObjectInfo, ProgramInfo } from './btf/index.js';
import { describeErrno, EACCES, EPERM } from './errno.js';
import { BpfMap } from './map.js';
import { libbpf, type Pointer, sized } from './native/libbpf.js';
import { closeFd, errno, libc, mapMemory, PROT_READ, PROT_WRITE, pageSize, viewMemory } from './native/libc.js';
import { onLibbpfLog } from './native/printer.js';
import type { LoadedFile } from './object-file.js';
import { refusal } from './privilege/refusal.js';
import { loadProgram, type ProgramSource } from './program.js';
import { skippedRunsOf } from './skipped-runs.js';
import { instructionsProcessed, lastLines, verifierLog } from './verifier-log.js';

/** `enum bpf_prog_type` */
const PROG_TYPE_PERF_EVENT = 7;
/** `BPF_LOG_STATS` (Linux 5.2): the log holds what verification cost, and no instructions. */
const LOG_STATISTICS = 4;
/** Statistics are a handful of short lines; the kernel refuses less than 128 bytes. */
const STATISTICS_SIZE = 4096;

/** Variables of a loaded object, in place; nothing may touch `buffer` after `unmap`. */
export interface MappedSection {
  readonly buffer: ArrayBuffer;
  readonly address: bigint;
  readonly length: number;
  unmap(): void;
}

/**
 * A BPF object in libbpf: open (constructor), set constants, load, use, close. Everything it owns in the kernel goes
 * with `close()`, or with the process.
 */
export class BpfObject {
  readonly name: string;
  readonly info: ObjectInfo;
  private pointer: Pointer | undefined;
  private readonly log: Log;
  private readonly messages: string[] = [];
  private needed: readonly ProgramInfo[] = [];
  private readonly copies = new Set<number>();

  /** `btfPath`: a file whose types relocations are made with, in place of those of this kernel. */
  constructor(name: string, file: LoadedFile, log: Log, debug = false, btfPath?: string) {
    this.name = name;
    this.info = file.info;
    this.log = log;
    onLibbpfLog((level, text) => {
      this.messages.push(text);
      this.log.debug(`libbpf ${level}: ${text}`);
    }, debug);
    // Names of kernel objects hold at most 15 characters.
    const options = sized('skep_object_open_opts', {
      object_name: name.replace(/\W/g, '_').slice(0, 15),
      ...(btfPath === undefined ? {} : { btf_custom_path: btfPath }),
    });
    const pointer = libbpf().bpf_object__open_mem(file.bytes, file.bytes.length, options);
    if (pointer === null) {
      const reason = this.messages.at(-1) ?? describeErrno(errno());
      throw new SkepError('SKEP_PLUGIN', `libbpf cannot open the object of ${name}: ${reason}`, 'rebuild the plugin');
    }
    this.pointer = pointer;
  }

  /**
   * Load only these programs; the others are not shown to the kernel at all.
   *
   * @param needed those without which the rest is no use: a refusal names what they lack
   */
  select(programs: ReadonlySet<string>, needed: readonly ProgramInfo[] = []): void {
    this.needed = needed;
    for (const program of this.rawPrograms()) {
      libbpf().bpf_program__set_autoload(program, programs.has(libbpf().bpf_program__name(program)));
      // libbpf knows SEC("perf_event") alone; what it samples is skep's own suffix.
      const isSampler = libbpf().bpf_program__section_name(program).startsWith('perf_event/');
      if (isSampler) libbpf().bpf_program__set_type(program, PROG_TYPE_PERF_EVENT);
    }
  }

  private *rawPrograms(): Generator<Pointer> {
    for (let p = libbpf().bpf_object__next_program(this.raw, null); p !== null; ) {
      yield p;
      p = libbpf().bpf_object__next_program(this.raw, p);
    }
  }

  /** Write the bytes of a constant (`const volatile`) before load. */
  setConstant(name: string, bytes: Uint8Array): void {
    const variable = this.info.variables.get(name);
    if (!variable || bytes.length > variable.size) {
      throw new SkepError('SKEP_PLUGIN', `${this.name} has no constant "${name}" of ${bytes.length} bytes`);
    }
    const memory = new Uint8Array(this.initialValue(variable.section));
    memory.fill(0, variable.offset, variable.offset + variable.size);
    memory.set(bytes, variable.offset);
  }

  private initialValue(section: string): ArrayBuffer {
    for (const map of this.rawMaps()) {
      // libbpf names them after the object: opensnoo.rodata
      if (!libbpf().bpf_map__name(map).endsWith(section)) continue;
      const size = [0];
      const address = libbpf().bpf_map__initial_value(map, size);
      if (address !== null) return viewMemory(address, Number(size[0]));
    }
    throw new SkepError('SKEP_PLUGIN', `${this.name} has no section ${section}`);
  }

  private *rawMaps(): Generator<Pointer> {
    for (let m = libbpf().bpf_object__next_map(this.raw, null); m !== null; ) {
      yield m;
      m = libbpf().bpf_object__next_map(this.raw, m);
    }
  }

  /** @throws SkepError SKEP_PERMISSION, SKEP_NO_BTF or SKEP_VERIFIER, with the lines of libbpf's log that matter. */
  load(): void {
    this.messages.length = 0;
    const result = libbpf().bpf_object__load(this.raw);
    if (result < 0) throw this.loadError(-result);
  }

  private loadError(code: number): SkepError {
    const details = this.messages.join('\n');
    if (/vmlinux BTF|failed to find valid kernel BTF/.test(details) && !/prog '/.test(details)) {
      const remedy = 'use a kernel with CONFIG_DEBUG_INFO_BTF=y (/sys/kernel/btf/vmlinux)';
      return new SkepError('SKEP_NO_BTF', `${this.name} needs kernel BTF`, remedy, { details });
    }
    const program = /prog '([^']+)'/.exec(details)?.[1];
    const what = program ? `program ${program} of ${this.name}` : this.name;
    const refused = code === EPERM || code === EACCES;
    if (refused && /failed to iterate BTF objects/.test(details)) {
      // libbpf 1.1 looks through the modules for what the kernel itself does not have.
      const text = `the kernel refused ${what}: it names a tracepoint or function that the kernel itself does not have`;
      return new SkepError('SKEP_PERMISSION', text, 'modules are looked at with CAP_SYS_ADMIN only', { details });
    }
    const log = verifierLog(details);
    if (log !== undefined && log.length > 0) {
      const remedy = `the verifier's last lines:\n${lastLines(log, 12)}`;
      return new SkepError('SKEP_VERIFIER', `the kernel refused ${what}: ${describeErrno(code)}`, remedy, { details });
    }
    if (refused) return refusal(`the kernel refused ${what}`, describeErrno(code), this.needed, { details });
    const hint =
      this.messages.filter((line) => !/^(-- |(prog '.*': )?failed to (load|prepare load))/.test(line)).at(-1) ?? '';
    return new SkepError('SKEP_VERIFIER', `the kernel refused ${what}: ${describeErrno(code)}`, hint, { details });
  }

  /**
   * Load, and count the instructions the verifier processed for each program, over all paths.
   *
   * For measuring only: when the kernel refuses a program, a load of this kind does not say why.
   */
  loadCounting(): Map<string, number> {
    const logs = new Map<string, Uint8Array>();
    for (const program of this.rawPrograms()) {
      if (!libbpf().bpf_program__autoload(program)) continue;
      // libbpf keeps its address until the load; it stays where it is as long as it is referred to.
      const log = new Uint8Array(STATISTICS_SIZE);
      logs.set(libbpf().bpf_program__name(program), log);
      libbpf().bpf_program__set_log_level(program, LOG_STATISTICS);
      libbpf().bpf_program__set_log_buf(program, log, log.length);
    }
    this.load();
    return new Map([...logs].map(([name, log]) => [name, instructionsProcessed(new TextDecoder().decode(log))]));
  }

  program(name: string): Pointer {
    const pointer = libbpf().bpf_object__find_program_by_name(this.raw, name);
    if (pointer === null) throw new SkepError('SKEP_PLUGIN', `${this.name} has no program "${name}"`);
    return pointer;
  }

  /** Runs of its loaded programs, and of copies of them, that the kernel skipped: see `Probe.skippedRuns`. */
  get skippedRuns(): bigint {
    let runs = 0n;
    for (const copy of this.copies) runs += skippedRunsOf(copy);
    for (const program of this.rawPrograms()) {
      const fd = libbpf().bpf_program__fd(program);
      if (fd >= 0) runs += skippedRunsOf(fd);
    }
    return runs;
  }

  /** The descriptor of a loaded program: the object's, gone with it. */
  programFd(name: string): number {
    return libbpf().bpf_program__fd(this.program(name));
  }

  /**
   * A copy of the instructions of a loaded program: relocated to this kernel, and with the descriptors of this object's
   * maps, so they can be loaded once more as long as it is open.
   */
  private instructions(name: string): Uint8Array<ArrayBuffer> {
    const program = this.program(name);
    const address = libbpf().bpf_program__insns(program);
    const bytes = Number(libbpf().bpf_program__insn_cnt(program)) * 8;
    if (address === null || bytes === 0) throw new SkepError('SKEP_INTERNAL', `${name} of ${this.name} is not loaded`);
    return new Uint8Array(viewMemory(address, bytes)).slice();
  }

  /**
   * Load one of its programs once more, for another place or another way to attach.
   *
   * @param change edits its instructions
   * @returns the descriptor: the object's, gone with it or with `dropCopy`
   * @throws SkepErrors as `loadProgram`.
   */
  loadCopy(
    name: string,
    source: Pick<ProgramSource, 'type' | 'attachType'>,
    change: (instructions: Uint8Array<ArrayBuffer>) => void = () => {},
  ): number {
    const instructions = this.instructions(name);
    change(instructions);
    const copy = loadProgram({ name, instructions, license: 'GPL', ...source });
    this.copies.add(copy);
    return copy;
  }

  /** Close a copy that could not be attached. */
  dropCopy(copy: number): void {
    if (this.copies.delete(copy)) closeFd(copy);
  }

  map(name: string): BpfMap {
    const pointer = libbpf().bpf_object__find_map_by_name(this.raw, name);
    if (pointer === null) throw new SkepError('SKEP_PLUGIN', `${this.name} has no map "${name}"`);
    return new BpfMap(name, pointer);
  }

  /** The live bytes of a section's variables (.bss, .data), mapped; undefined when the object has no such section. */
  mapSection(section: string): MappedSection | undefined {
    for (const map of this.rawMaps()) {
      if (!libbpf().bpf_map__name(map).endsWith(section)) continue;
      const length = Math.ceil(libbpf().bpf_map__value_size(map) / pageSize()) * pageSize();
      const address = mapMemory(libbpf().bpf_map__fd(map), length, PROT_READ | PROT_WRITE, 0);
      if (address === undefined)
        throw new SkepError('SKEP_ATTACH', `cannot map ${section} of ${this.name}: ${describeErrno(errno())}`);
      const unmap = () => void libc().munmap(address, length);
      return { buffer: viewMemory(address, length), address, length, unmap };
    }
    return undefined;
  }

  /** libbpf's messages since the last load or attach, for an error. */
  takeMessages(): string[] {
    return this.messages.splice(0);
  }

  close(): void {
    if (this.pointer === undefined) return;
    for (const copy of this.copies) this.dropCopy(copy);
    libbpf().bpf_object__close(this.pointer);
    this.pointer = undefined;
  }

  private get raw(): Pointer {
    if (this.pointer === undefined) throw new SkepError('SKEP_INTERNAL', `the object of ${this.name} is closed`);
    return this.pointer;
  }
}
