import { type AbstractValue, constant, LOST, runtime } from './abstract-value.js';
import { arithmetic } from './arithmetic.js';
import type { Relocated } from './core-relocation.js';
import { accessSize, CALL, CALL_KIND, CLASS, EXIT, type Instruction, LD_IMM64 } from './instruction.js';
import { afterHelper, joinStates, operand, type State, set, store, waysOf } from './machine-state.js';
import type { CodePlace, CodeSection, CoreRelocation, ObjectCode, Reference } from './object-code.js';
import { PlaceQueue } from './place-queue.js';

/** Something that a program does at a place that can be reached. */
export interface Reached<T> {
  readonly what: T;
  /** Whether the verifier is bound to look at it; else it may find that the place is dead. */
  readonly isCertain: boolean;
}

/** What of a program is alive on a kernel. */
export interface ReachedCode {
  /** Reasons: relocations that the kernel's types cannot answer. */
  readonly poisoned: readonly Reached<string>[];
  readonly doubtful: readonly string[];
  /** Numbers of helpers. */
  readonly helpers: readonly Reached<number>[];
  /** Names of kernel functions that are called. */
  readonly kernelFunctions: readonly Reached<string>[];
  /** Reads of the program's context: byte offset and size. */
  readonly context: readonly Reached<{ readonly offset: number; readonly size: number }>[];
}

export interface ReachOptions {
  readonly relocate: (relocation: CoreRelocation) => Relocated;
  /** Bytes of a read-only section, as the program will see them; undefined for what is not constant. */
  readonly constants: (section: string) => Uint8Array | undefined;
  /** The value of a variable that the loader provides (`__kconfig`), when it is known. */
  readonly external: (name: string) => bigint | undefined;
}

interface Visit {
  state: State;
  isCertain: boolean;
}

const REGISTERS = 11;
/** Helpers whose results the verifier knows bounds of: get_stack, get_task_stack and the _str family. */
const BOUNDED: readonly number[] = [45, 67, 114, 115, 141];

/**
 * What can be reached of a program: its branches are followed with what is known of the registers, and a branch that
 * constants decide is followed one way only, as the verifier does it.
 *
 * Where paths meet, values that differ are given up. So everything the verifier can reach is found, and what is found
 * without a lost value on the way is certain to be reached.
 */
export function reach(code: ObjectCode, entry: CodePlace, options: ReachOptions): ReachedCode {
  return new Walk(code, options).run(entry);
}

/** An instruction with a relocation applied: its whole 64-bit value, or the mark that its value is not known. */
type Adapted = Instruction & { readonly wide?: bigint; readonly isLost?: boolean };

class Walk {
  private readonly code: ObjectCode;
  private readonly options: ReachOptions;
  private readonly visits = new Map<number, Visit>();
  private readonly queue = new PlaceQueue();
  private readonly found = {
    poisoned: new Map<string, boolean>(),
    doubtful: new Set<string>(),
    helpers: new Map<number, boolean>(),
    kernelFunctions: new Map<string, boolean>(),
    context: new Map<string, boolean>(),
  };

  constructor(code: ObjectCode, options: ReachOptions) {
    this.code = code;
    this.options = options;
  }

  run({ section, instruction }: CodePlace): ReachedCode {
    const registers: AbstractValue[] = new Array(REGISTERS).fill(LOST);
    registers[1] = { kind: 'context', offset: 0 };
    registers[10] = { kind: 'stack', offset: 0 };
    this.enter(placeOf(section, instruction), { registers, stack: new Map() }, true);
    for (let place = this.queue.take(); place !== undefined; place = this.queue.take()) this.step(place);
    const list = <T>(map: ReadonlyMap<T, boolean>): Reached<T>[] =>
      [...map].map(([what, isCertain]) => ({ what, isCertain }));
    return {
      poisoned: list(this.found.poisoned),
      doubtful: [...this.found.doubtful],
      helpers: list(this.found.helpers),
      kernelFunctions: list(this.found.kernelFunctions),
      context: list(this.found.context).map(({ what, isCertain }) => {
        const [offset = 0, size = 0] = what.split(':').map(Number);
        return { what: { offset, size }, isCertain };
      }),
    };
  }

  private enter(place: number, state: State, isCertain: boolean): void {
    const visit = this.visits.get(place);
    if (!visit) {
      this.visits.set(place, { state, isCertain });
      this.queue.add(place);
      return;
    }
    const joined = joinStates(visit.state, state);
    const becomesCertain = isCertain && !visit.isCertain;
    if (joined === visit.state && !becomesCertain) return;
    visit.state = joined;
    visit.isCertain ||= isCertain;
    this.queue.add(place);
  }

  private step(place: number): void {
    const { state, isCertain } = this.visits.get(place)!;
    const [sectionIndex, at] = [Math.floor(place / SECTION), place % SECTION];
    const section = this.code.sections.get(sectionIndex);
    const written = section?.instructions[at];
    if (!section || !written) return;
    const instruction = this.relocated(written, section.core.get(at), isCertain);
    if (!instruction) return;
    const kind = instruction.code & 7;
    if (instruction.code === EXIT) return;
    if (kind >= CLASS.JMP && kind !== CLASS.ALU64 && instruction.code !== CALL) {
      for (const way of waysOf(state, instruction)) {
        this.enter(place + way.distance, way.state, isCertain && way.isOpen);
      }
      return;
    }
    const isLong = instruction.code === LD_IMM64;
    const after = this.effect(state, instruction, section, at, place, isCertain);
    this.enter(place + (isLong ? 2 : 1), after, isCertain);
  }

  /** The state behind an instruction that does not jump. */
  private effect(
    state: State,
    instruction: Adapted,
    { instructions, references }: CodeSection,
    at: number,
    place: number,
    isCertain: boolean,
  ): State {
    const { code, dst } = instruction;
    const reference = references.get(at);
    switch (code & 7) {
      case CLASS.LD:
        if (code !== LD_IMM64) return set(state, 0, runtime(place));
        return set(state, dst, this.address(instructions, at, instruction, reference));
      case CLASS.LDX:
        return set(state, dst, this.load(state, instruction, place, isCertain));
      case CLASS.ST:
      case CLASS.STX:
        return store(state, instruction, place);
      case CLASS.ALU:
      case CLASS.ALU64: {
        const right = instruction.isLost ? LOST : operand(state, instruction);
        return set(state, dst, arithmetic(instruction, state.registers[dst]!, right));
      }
      default:
        return this.call(state, instruction, reference, place, isCertain);
    }
  }

  /** The instruction as libbpf writes it for this kernel; undefined when no path leads through it. */
  private relocated(
    written: Instruction,
    relocation: CoreRelocation | undefined,
    isCertain: boolean,
  ): Adapted | undefined {
    if (!relocation) return written;
    const result = this.options.relocate(relocation);
    if (result.state === 'unknown') {
      this.found.doubtful.add(result.reason);
      return { ...written, isLost: true };
    }
    if (result.state !== 'value') {
      note(this.found.poisoned, result.reason, isCertain);
      return undefined;
    }
    const kind = written.code & 7;
    if (kind === CLASS.ALU || kind === CLASS.ALU64) return { ...written, imm: Number(BigInt.asIntN(32, result.value)) };
    if (kind === CLASS.LD) return { ...written, wide: result.value };
    if (result.load === undefined) {
      note(this.found.poisoned, 'a member has another size on this kernel, and cannot be read directly', isCertain);
      return undefined;
    }
    const size = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 }[result.load] ?? written.code & 0x18;
    return { ...written, off: Number(result.value), code: (written.code & ~0x18) | size };
  }

  private address(
    instructions: readonly Instruction[],
    at: number,
    { imm, wide, isLost }: Adapted,
    reference: Reference | undefined,
  ): AbstractValue {
    if (isLost) return LOST;
    if (wide !== undefined) return constant(wide);
    switch (reference?.kind) {
      case undefined:
        return constant((BigInt(instructions[at + 1]?.imm ?? 0) << 32n) | BigInt.asUintN(32, BigInt(imm)));
      case 'data':
        return { kind: 'data', section: reference.section, offset: reference.offset };
      case 'extern':
        return { kind: 'extern', name: reference.name };
      case 'code': {
        // A function handed to a helper that calls it back, with arguments of its own.
        const registers = new Array<AbstractValue>(REGISTERS).fill(LOST);
        registers[10] = { kind: 'stack', offset: 0 };
        this.enter(placeOf(reference.section, reference.instruction), { registers, stack: new Map() }, false);
        return LOST;
      }
      case 'map':
        return LOST;
    }
  }

  private load(state: State, { code, src, off }: Instruction, place: number, isCertain: boolean): AbstractValue {
    const from = state.registers[src]!;
    const size = accessSize(code);
    switch (from.kind) {
      case 'context': {
        note(this.found.context, `${from.offset + off}:${size}`, isCertain);
        return runtime(place, size < 8);
      }
      case 'stack':
        return (size === 8 ? state.stack.get(from.offset + off) : undefined) ?? LOST;
      case 'data': {
        const bytes = this.options.constants(from.section);
        if (!bytes) return runtime(place, size < 8);
        const at = from.offset + off;
        return at >= 0 && at + size <= bytes.length ? constant(littleEndian(bytes.subarray(at, at + size))) : LOST;
      }
      case 'extern': {
        const value = this.options.external(from.name);
        return value === undefined ? LOST : constant(value);
      }
      default:
        return runtime(place, size < 8);
    }
  }

  private call(
    state: State,
    { src, imm }: Instruction,
    reference: Reference | undefined,
    place: number,
    isCertain: boolean,
  ): State {
    let after = state;
    let result = runtime(place);
    if (src === CALL_KIND.program) {
      const target = reference?.kind === 'code' ? placeOf(reference.section, reference.instruction) : place + 1 + imm;
      const registers = state.registers.map((value, i) => (i >= 1 && i <= 5 ? value : LOST));
      registers[10] = { kind: 'stack', offset: 0 };
      // Pointers to the caller's stack would be taken for the callee's.
      this.enter(
        target,
        { registers: registers.map((one, i) => (i < 6 && one.kind === 'stack' ? LOST : one)), stack: new Map() },
        isCertain,
      );
      after = { ...state, stack: new Map() };
    } else if (src === CALL_KIND.kernel || reference?.kind === 'extern') {
      if (reference?.kind === 'extern') note(this.found.kernelFunctions, reference.name, isCertain);
      after = { ...state, stack: new Map() };
    } else {
      note(this.found.helpers, imm, isCertain);
      after = { ...state, stack: afterHelper(state, imm, place) };
      if (BOUNDED.includes(imm)) result = runtime(place, true);
    }
    const registers = after.registers.map((value, i) => (i === 0 ? result : i <= 5 ? LOST : value));
    return { ...after, registers };
  }
}

/** Sections are far smaller: the kernel takes a million instructions at most. */
const SECTION = 2 ** 24;
const placeOf = (section: number, instruction: number): number => section * SECTION + instruction;

function note<T>(found: Map<T, boolean>, what: T, isCertain: boolean): void {
  found.set(what, isCertain || (found.get(what) ?? false));
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
