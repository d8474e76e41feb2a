import type { TestNode } from './ast.js';
import type { ColumnClass, FilterColumn } from './column.js';
import { booleanOf, bytesOf, integersOf, networkOf, textOf } from './operand.js';
import { inNetworks } from './passes/address.js';
import { bytesContain, bytesEndWith, bytesIn, bytesStartWith, listContains, overBytes } from './passes/bytes.js';
import { numberBelow, numberIn } from './passes/number.js';
import type { Pass, Verdict } from './passes/pass.js';
import { shownBytes, shownNumbers, shownWides, type TextTest } from './passes/shown.js';
import { wideBelow, wideIn } from './passes/wide.js';
import type { FilterSource } from './source.js';

const ORDERED = '== != < <= > >= in';
const TEXTUAL = '== != in =~ contains startswith endswith';
const OPERATORS: Readonly<Record<ColumnClass, string>> = {
  boolean: '== !=, or the name alone',
  integer: ORDERED,
  moment: ORDERED,
  text: TEXTUAL,
  address: TEXTUAL,
  list: TEXTUAL,
  shown: TEXTUAL,
};

/** The pass of one test over its column, with types checked; `yes` is what fitting rows get. */
export function compileTest(source: FilterSource, column: FilterColumn, node: TestNode, yes: Verdict): Pass {
  const { test, operands } = node;
  const { index } = column;
  const first = operands[0]!;
  if (test === 'lt' || test === 'le') {
    if (column.class !== 'integer' && column.class !== 'moment') throw unfit(source, column, node);
    const [bound, ...others] = integersOf(source, column, first);
    if (others.length > 0) throw source.error(first.at, `label ${source.at(first.at)} stands for several numbers`);
    return column.wide
      ? wideBelow(index, bound!, test === 'le', column.signed, yes)
      : numberBelow(index, Number(bound), test === 'le', yes);
  }
  if (test !== 'in') {
    if (!column.hasText) throw unfit(source, column, node);
    if (column.class === 'list' && test === 'contains') {
      return overBytes(index, listContains(bytesOf(source, column, first)), yes);
    }
    if (column.class === 'text' && test !== 'match') {
      return overBytes(index, BYTES_TESTS[test](bytesOf(source, column, first)), yes);
    }
    return shown(column, textTest(source, column, node), yes);
  }
  switch (column.class) {
    case 'boolean': {
      const wanted = new Set(operands.map((operand) => booleanOf(source, column, operand)));
      if (wanted.size === 2) return numberBelow(index, 256, false, yes);
      // Any value but 0 is true.
      return numberIn(index, [0], wanted.has(true) ? ((yes ^ 1) as Verdict) : yes);
    }
    case 'text':
      return overBytes(index, bytesIn(operands.map((operand) => bytesOf(source, column, operand))), yes);
    case 'address':
      return overBytes(index, inNetworks(operands.map((operand) => networkOf(source, column, operand))), yes);
    case 'list':
    case 'shown':
      return shownIn(source, column, node, yes);
    default: {
      // A meaning with a text but no labels (block flags) is compared as shown when the operands are texts.
      if (column.hasText && !column.field.labels && first.kind === 'text') return shownIn(source, column, node, yes);
      const wanted = operands.flatMap((operand) => integersOf(source, column, operand));
      return column.wide ? wideIn(index, wanted, yes) : numberIn(index, wanted.map(Number), yes);
    }
  }
}

const BYTES_TESTS = { contains: bytesContain, startswith: bytesStartWith, endswith: bytesEndWith } as const;

function textTest(source: FilterSource, column: FilterColumn, { test, operands }: TestNode): TextTest {
  const first = operands[0]!;
  if (first.kind === 'regex') return (text) => first.regex.test(text);
  const wanted = textOf(source, column, first);
  if (test === 'startswith') return (text) => text.startsWith(wanted);
  if (test === 'endswith') return (text) => text.endsWith(wanted);
  return (text) => text.includes(wanted);
}

function shownIn(source: FilterSource, column: FilterColumn, node: TestNode, yes: Verdict): Pass {
  const wanted = new Set(node.operands.map((operand) => textOf(source, column, operand)));
  return shown(column, (text) => wanted.has(text), yes);
}

function shown(column: FilterColumn, test: TextTest, yes: Verdict): Pass {
  const text = (value: number | bigint | Uint8Array) => column.text(value);
  if (column.field.type === 'bytes') return shownBytes(column.index, text, test, yes);
  return column.wide ? shownWides(column.index, text, test, yes) : shownNumbers(column.index, text, test, yes);
}

function unfit(source: FilterSource, column: FilterColumn, { symbol, operands, field }: TestNode): Error {
  const message = `operator ${symbol} does not apply to field "${field.name}", which is ${column.described}`;
  const from = field.at.end + /^\s*/.exec(source.text.slice(field.at.end))![0].length;
  const to = source.text.slice(0, operands[0]!.at.start).trimEnd().length;
  return source.error({ start: from, end: to }, message, `operators: ${OPERATORS[column.class]}`);
}
