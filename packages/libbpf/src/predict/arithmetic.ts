import { type AbstractValue, combine, constant, LOST } from './abstract-value.js';
import { CLASS, type Instruction } from './instruction.js';

const [ADD, SUB, MUL, DIV, OR, AND, LSH, RSH, NEG, MOD, XOR, MOV, ARSH] = Array.from({ length: 13 }, (_, i) => i << 4);

/** The result of an arithmetic instruction on what is known of its two operands. */
export function arithmetic({ code, off }: Instruction, left: AbstractValue, right: AbstractValue): AbstractValue {
  const isWide = (code & 7) === CLASS.ALU64;
  const operation = code & 0xf0;
  // Byte swaps, and moves that extend a sign: rare, and no constant matters behind them.
  if (operation > ARSH! || (operation === MOV && off !== 0)) return LOST;
  if (operation === MOV) return isWide ? right : narrow(right);
  if (left.kind === 'constant' && right.kind === 'constant') {
    const value = compute(operation, left.value, right.value, isWide ? 64 : 32);
    return value === undefined ? LOST : constant(value);
  }
  if (isWide && (operation === ADD || operation === SUB)) {
    const moved =
      movePointer(left, right, operation === SUB) ?? (operation === ADD ? movePointer(right, left) : undefined);
    if (moved) return moved;
  }
  const [a, b] = [asUnknown(left), asUnknown(right)];
  if (!a || !b) return LOST;
  const keepsRange = isWide && [ADD, SUB, XOR, MUL, LSH].includes(operation);
  return combine(a, b, !keepsRange || a.isNarrow || b.isNarrow);
}

type Unknown = Extract<AbstractValue, { kind: 'unknown' }>;

function asUnknown(value: AbstractValue): Unknown | undefined {
  if (value.kind === 'unknown') return value;
  return value.kind === 'constant'
    ? { kind: 'unknown', isRuntime: true, isNarrow: false, origins: new Set() }
    : undefined;
}

function narrow(value: AbstractValue): AbstractValue {
  if (value.kind === 'constant') return constant(BigInt.asUintN(32, value.value));
  return value.kind === 'unknown' ? { ...value, isNarrow: true } : LOST;
}

function movePointer(pointer: AbstractValue, by: AbstractValue, isBack = false): AbstractValue | undefined {
  if (pointer.kind !== 'context' && pointer.kind !== 'stack' && pointer.kind !== 'data') return undefined;
  if (by.kind !== 'constant') return LOST;
  const distance = Number(BigInt.asIntN(64, by.value));
  return { ...pointer, offset: pointer.offset + (isBack ? -distance : distance) };
}

function compute(operation: number, a: bigint, b: bigint, bits: 32 | 64): bigint | undefined {
  const cut = (value: bigint) => BigInt.asUintN(bits, value);
  const [x, y] = [cut(a), cut(b)];
  const shift = y & BigInt(bits - 1);
  switch (operation) {
    case ADD:
      return cut(x + y);
    case SUB:
      return cut(x - y);
    case MUL:
      return cut(x * y);
    case DIV:
      return y === 0n ? 0n : x / y;
    case MOD:
      return y === 0n ? x : x % y;
    case OR:
      return x | y;
    case AND:
      return x & y;
    case XOR:
      return x ^ y;
    case LSH:
      return cut(x << shift);
    case RSH:
      return x >> shift;
    case ARSH:
      return cut(BigInt.asIntN(bits, x) >> shift);
    case NEG:
      return cut(-x);
    default:
      return undefined;
  }
}

/** Whether a conditional jump is taken; undefined when both ways are open. `left` and `right` are constants. */
export function isTaken(code: number, left: bigint, right: bigint): boolean | undefined {
  const bits = (code & 7) === CLASS.JMP32 ? 32 : 64;
  const [a, b] = [BigInt.asUintN(bits, left), BigInt.asUintN(bits, right)];
  const [s, t] = [BigInt.asIntN(bits, a), BigInt.asIntN(bits, b)];
  switch (code & 0xf0) {
    case JUMP.EQ:
      return a === b;
    case JUMP.GT:
      return a > b;
    case JUMP.GE:
      return a >= b;
    case JUMP.SET:
      return (a & b) !== 0n;
    case JUMP.NE:
      return a !== b;
    case JUMP.SGT:
      return s > t;
    case JUMP.SGE:
      return s >= t;
    case JUMP.LT:
      return a < b;
    case JUMP.LE:
      return a <= b;
    case JUMP.SLT:
      return s < t;
    case JUMP.SLE:
      return s <= t;
    default:
      return undefined;
  }
}

export const JUMP = {
  ALWAYS: 0x00,
  EQ: 0x10,
  GT: 0x20,
  GE: 0x30,
  SET: 0x40,
  NE: 0x50,
  SGT: 0x60,
  SGE: 0x70,
  LT: 0xa0,
  LE: 0xb0,
  SLT: 0xc0,
  SLE: 0xd0,
} as const;
