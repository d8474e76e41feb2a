import { type AbstractValue, constant, isSame, join, LOST, runtime } from './abstract-value.js';
import { arithmetic, isTaken, JUMP } from './arithmetic.js';
import type { Relocated } from './core-relocation.js';
import { accessSize, CALL, CALL_KIND, CLASS, EXIT, type Instruction, LD_IMM64 } from './instruction.js';
import type { CodePlace, CoreRelocation, ObjectCode, Reference } from './object-code.js';
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

interface State {
  readonly registers: readonly AbstractValue[];
  readonly stack: ReadonlyMap<number, AbstractValue>;
}

interface Visit {
  state: State;
  isCertain: boolean;
}

const REGISTERS = 11;
const HELPER = { PROBE_READ: 4, PROBE_READ_STR: 45, PROBE_READ_USER: 112, PROBE_READ_KERNEL: 113 } as const;
/** They fill the buffer in their first argument with as many bytes as their second says. */
const FILLING: readonly number[] = [HELPER.PROBE_READ, HELPER.PROBE_READ_USER, HELPER.PROBE_READ_KERNEL];
/** Helpers whose results the verifier knows bounds of: get_stack, get_task_stack and the _str family. */
const BOUNDED: readonly number[] = [HELPER.PROBE_READ_STR, 67, 114, 115, 141];

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
    const reference = section.references.get(at);
    const next = (after: State, distance = 1, certain = isCertain) => this.enter(place + distance, after, certain);
    switch (instruction.code & 7) {
      case CLASS.LD:
        if (instruction.code !== LD_IMM64) return next(set(state, 0, runtime(place)));
        return next(set(state, instruction.dst, this.address(section.instructions, at, instruction, reference)), 2);
      case CLASS.LDX:
        return next(set(state, instruction.dst, this.load(state, instruction, place, isCertain)));
      case CLASS.ST:
      case CLASS.STX:
        return next(store(state, instruction, place));
      case CLASS.ALU:
      case CLASS.ALU64: {
        const right = instruction.isLost ? LOST : operand(state, instruction);
        return next(set(state, instruction.dst, arithmetic(instruction, state.registers[instruction.dst]!, right)));
      }
      default:
        if (instruction.code === EXIT) return;
        if (instruction.code === CALL) {
          return next(this.call(state, instruction, reference, place, isCertain));
        }
        return this.jump(state, instruction, place, isCertain);
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
      const target =
        reference?.kind === 'code' ? placeOf(reference.section, reference.instruction) : place + 1 + imm;
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

  private jump(state: State, instruction: Instruction, place: number, isCertain: boolean): void {
    const { code, dst, off } = instruction;
    const next = (distance: number, certain: boolean, after = state) => this.enter(place + distance, after, certain);
    if ((code & 0xf0) === JUMP.ALWAYS) {
      return next(1 + ((code & 7) === CLASS.JMP32 ? instruction.imm : off), isCertain);
    }
    const [left, right] = [state.registers[dst]!, operand(state, instruction)];
    const taken = decide(code, left, right);
    if (taken !== undefined) return next(taken ? 1 + off : 1, isCertain);
    const certain = isCertain && isOpen(code, left) && isOpen(code, right);
    const after = forget(state, [left, right]);
    next(1, certain, after);
    next(1 + off, certain, after);
  }
}

/** Sections are far smaller: the kernel takes a million instructions at most. */
const SECTION = 2 ** 24;
const placeOf = (section: number, instruction: number): number => section * SECTION + instruction;

function note<T>(found: Map<T, boolean>, what: T, isCertain: boolean): void {
  found.set(what, isCertain || (found.get(what) ?? false));
}

function set(state: State, register: number, value: AbstractValue): State {
  return { ...state, registers: state.registers.with(register, value) };
}

function operand(state: State, { code, src, imm }: Instruction): AbstractValue {
  return code & 8 ? state.registers[src]! : constant(BigInt(imm));
}

/** Whole words that are put on the stack are known again when they come back. */
function store(state: State, { code, dst, src, off, imm }: Instruction, place: number): State {
  const to = state.registers[dst]!;
  if (to.kind !== 'stack') {
    // Through a pointer that was lost, anything may have been written.
    return to.kind === 'unknown' && !to.isRuntime ? { ...state, stack: new Map() } : state;
  }
  const size = accessSize(code);
  const at = to.offset + off;
  const stack = new Map(state.stack);
  for (let slot = at - 7; slot < at + size; slot++) stack.delete(slot);
  const isPlain = (code & 0xe0) === 0x60;
  if (size === 8 && isPlain) {
    stack.set(at, (code & 7) === CLASS.ST ? constant(BigInt(imm)) : state.registers[src]!);
  } else if (!isPlain) stack.set(at, runtime(place));
  return { ...state, stack };
}

function afterHelper(state: State, helper: number, place: number): ReadonlyMap<number, AbstractValue> {
  const stack = new Map(state.stack);
  const [first, second] = [state.registers[1]!, state.registers[2]!];
  if (FILLING.includes(helper) && first.kind === 'stack' && second.kind === 'constant') {
    const end = first.offset + Number(second.value);
    for (const slot of [...stack.keys()]) if (slot + 8 > first.offset && slot < end) stack.delete(slot);
    for (let slot = first.offset; slot + 8 <= end; slot += 8) stack.set(slot, runtime(place));
    return stack;
  }
  const lowest = Math.min(
    ...state.registers.slice(1, 6).map((value) => (value.kind === 'stack' ? value.offset : Number.POSITIVE_INFINITY)),
  );
  for (const slot of [...stack.keys()]) if (slot >= lowest) stack.delete(slot);
  return stack;
}

function decide(code: number, left: AbstractValue, right: AbstractValue): boolean | undefined {
  if (left.kind === 'constant' && right.kind === 'constant') return isTaken(code, left.value, right.value);
  // The address of a variable is never NULL, and the verifier knows.
  if (left.kind === 'data' && right.kind === 'constant' && right.value === 0n) {
    const operation = code & 0xf0;
    if (operation === JUMP.EQ) return false;
    if (operation === JUMP.NE) return true;
  }
  return undefined;
}

/** Whether the verifier has no more to go by than we have. */
function isOpen(code: number, value: AbstractValue): boolean {
  if (value.kind === 'constant') return true;
  if (value.kind !== 'unknown' || !value.isRuntime) return false;
  const asksForEquality = (code & 0xf0) === JUMP.EQ || (code & 0xf0) === JUMP.NE;
  return asksForEquality || !value.isNarrow;
}

/** Behind a test the verifier knows more of what was tested, and of all that is made of the same. */
function forget(state: State, tested: readonly AbstractValue[]): State {
  const origins = tested.flatMap((value) => (value.kind === 'unknown' ? [...value.origins] : []));
  if (origins.length === 0) return state;
  const forgotten = (value: AbstractValue): AbstractValue =>
    value.kind === 'unknown' && origins.some((origin) => value.origins.has(origin)) ? LOST : value;
  return {
    registers: state.registers.map(forgotten),
    stack: new Map([...state.stack].map(([slot, value]) => [slot, forgotten(value)])),
  };
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** `a` itself when `b` adds nothing. */
function joinStates(a: State, b: State): State {
  const registers = a.registers.map((value, i) => join(value, b.registers[i]!));
  const stack = new Map<number, AbstractValue>();
  for (const [slot, value] of a.stack) {
    const other = b.stack.get(slot);
    if (other) stack.set(slot, join(value, other));
  }
  const isUnchanged =
    registers.every((value, i) => isSame(value, a.registers[i]!)) &&
    stack.size === a.stack.size &&
    [...stack].every(([slot, value]) => isSame(value, a.stack.get(slot)!));
  return isUnchanged ? a : { registers, stack };
}
