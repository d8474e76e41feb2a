import { type AbstractValue, constant, isSame, join, LOST, runtime } from './abstract-value.js';
import { isTaken, JUMP } from './arithmetic.js';
import { accessSize, CLASS, type Instruction } from './instruction.js';

/** What is known before an instruction: registers, and the words on the stack by their offset from its end. */
export interface State {
  readonly registers: readonly AbstractValue[];
  readonly stack: ReadonlyMap<number, AbstractValue>;
}

const HELPER = { PROBE_READ: 4, PROBE_READ_USER: 112, PROBE_READ_KERNEL: 113 } as const;
/** They fill the buffer in their first argument with as many bytes as their second says. */
const FILLING: readonly number[] = [HELPER.PROBE_READ, HELPER.PROBE_READ_USER, HELPER.PROBE_READ_KERNEL];

export function set(state: State, register: number, value: AbstractValue): State {
  return { ...state, registers: state.registers.with(register, value) };
}

export function operand(state: State, { code, src, imm }: Instruction): AbstractValue {
  return code & 8 ? state.registers[src]! : constant(BigInt(imm));
}

/** Whole words that are put on the stack are known again when they come back. */
export function store(state: State, { code, dst, src, off, imm }: Instruction, place: number): State {
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

export function afterHelper(state: State, helper: number, place: number): ReadonlyMap<number, AbstractValue> {
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

/** A way on from a jump: how far, with what is known there, and whether the verifier has no more to go by than we have. */
export interface Way {
  readonly distance: number;
  readonly state: State;
  readonly isOpen: boolean;
}

/** The ways that a jump can go. */
export function waysOf(state: State, instruction: Instruction): Way[] {
  const { code, dst, off, imm } = instruction;
  const one = (distance: number): Way[] => [{ distance, state, isOpen: true }];
  if ((code & 0xf0) === JUMP.ALWAYS) return one(1 + ((code & 7) === CLASS.JMP32 ? imm : off));
  const [left, right] = [state.registers[dst]!, operand(state, instruction)];
  const taken = decide(code, left, right);
  if (taken !== undefined) return one(taken ? 1 + off : 1);
  const both = isOpen(code, left) && isOpen(code, right);
  const after = forget(state, [left, right]);
  return [1, 1 + off].map((distance) => ({ distance, state: after, isOpen: both }));
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

/** `a` itself when `b` adds nothing. */
export function joinStates(a: State, b: State): State {
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
