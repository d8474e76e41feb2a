import type { FilterSource, Span } from './source.js';

/** A value written in an expression. */
export type Literal = IntegerLiteral | TextLiteral | BooleanLiteral | RegexLiteral;

export interface IntegerLiteral {
  readonly kind: 'integer';
  readonly value: bigint;
  /** What its unit measures: `10ms` is a time in nanoseconds, `64KiB` a size in bytes. */
  readonly unit: 'time' | 'size' | undefined;
  readonly at: Span;
}

export interface TextLiteral {
  readonly kind: 'text';
  /** UTF-8, but for `\xNN`, which is one byte as it stands. */
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly at: Span;
}

export interface BooleanLiteral {
  readonly kind: 'boolean';
  readonly value: boolean;
  readonly at: Span;
}

export interface RegexLiteral {
  readonly kind: 'regex';
  readonly regex: RegExp;
  readonly at: Span;
}

export interface FieldName {
  readonly name: string;
  readonly at: Span;
}

/** What remains of the operators once negations are set apart: `>=` is not `lt`, `!=` is not `in` a list of one. */
export type TestKind = 'in' | 'lt' | 'le' | 'match' | 'contains' | 'startswith' | 'endswith';

/** A field compared with one value, or with several for `in`. */
export interface TestNode {
  readonly kind: 'test';
  readonly field: FieldName;
  readonly test: TestKind;
  readonly negated: boolean;
  /** The operator as written, for messages. */
  readonly symbol: string;
  readonly operands: readonly Literal[];
}

/** A boolean field alone. */
export interface FlagNode {
  readonly kind: 'flag';
  readonly field: FieldName;
}

export interface ConstantNode {
  readonly kind: 'constant';
  readonly value: boolean;
}

export interface NotNode {
  readonly kind: 'not';
  readonly term: FilterNode;
}

export interface ChainNode {
  readonly kind: 'and' | 'or';
  readonly terms: readonly FilterNode[];
}

export type FilterNode = TestNode | FlagNode | ConstantNode | NotNode | ChainNode;

/** A parsed expression; it knows nothing of any schema yet. */
export interface FilterAst {
  readonly source: FilterSource;
  readonly root: FilterNode;
}

/** The fields an expression names, each once, where first named. */
export function filterFields({ root }: FilterAst): readonly FieldName[] {
  const found = new Map<string, FieldName>();
  const visit = (node: FilterNode): void => {
    if ('terms' in node) node.terms.forEach(visit);
    else if (node.kind === 'not') visit(node.term);
    else if (node.kind !== 'constant' && !found.has(node.field.name)) found.set(node.field.name, node.field);
  };
  visit(root);
  return [...found.values()];
}
