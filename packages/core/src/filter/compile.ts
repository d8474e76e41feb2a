import { type Batch, selectRows } from '../batch.js';
import { SkepError, suggest } from '../errors.js';
import type { Meanings } from '../meaning.js';
import { meanings as builtin } from '../meanings/index.js';
import type { Processor } from '../processor.js';
import type { Schema } from '../schema.js';
import { type FieldName, type FilterAst, type FilterNode, filterFields } from './ast.js';
import { FilterColumn } from './column.js';
import { compileTest } from './compare.js';
import { parseFilter } from './parser.js';
import { constant, every, some } from './passes/chain.js';
import { numberIn } from './passes/number.js';
import type { Pass, Verdict } from './passes/pass.js';
import type { FilterPlace, FilterSource } from './source.js';

export interface FilterOptions extends FilterPlace {
  /**
   * A field that the schema lacks is an error (default), or makes its test false, and the negated test too: such a row
   * has no value that could differ. For a sink that several streams feed.
   */
  readonly missing?: 'error' | 'false';
  readonly meanings?: Meanings;
}

/** An expression compiled for one schema. */
export interface Filter {
  readonly schema: Schema;
  /**
   * 1 for each row of `batch` that fits, 0 for the others; `batch.rows` long. The memory is the filter's own and is
   * written again by the next call.
   *
   * @throws SkepError SKEP_INTERNAL when the batch is of another schema.
   */
  matches(batch: Batch): Uint8Array;
}

/**
 * Check an expression against `schema` and compile it to passes over columns.
 *
 * @throws SkepError SKEP_FILTER whose `location` points at the mistake: syntax, unknown field, wrong type, a number out
 * of the column's range.
 */
export function compileFilter(expression: string | FilterAst, schema: Schema, options: FilterOptions = {}): Filter {
  const { source, root } = typeof expression === 'string' ? parseFilter(expression, options) : expression;
  const pass = new Compiler(source, schema, options).pass(root, 1);
  let keep = new Uint8Array(0);
  return {
    schema,
    matches(batch) {
      if (batch.schema !== schema) {
        const [got, wanted] = [batch.schema, schema].map(({ plugin, stream }) => `${plugin}.${stream}`);
        throw new SkepError('SKEP_INTERNAL', `a filter compiled for ${wanted} was given a batch of ${got}`);
      }
      if (keep.length < batch.rows) keep = new Uint8Array(batch.rows);
      pass.run(batch, keep);
      return keep.subarray(0, batch.rows);
    },
  };
}

/**
 * A processor that keeps the rows that fit.
 *
 * @throws SkepError SKEP_FILTER
 */
export function filterProcessor(
  expression: string | FilterAst,
  schema: Schema,
  options: FilterOptions = {},
): Processor {
  const filter = compileFilter(expression, schema, options);
  return { schema, process: (batch) => selectRows(batch, filter.matches(batch)) };
}

/**
 * Check an expression for a sink that all of `schemas` feed: each field must be one of some schema, and of a fitting
 * type wherever it is one.
 *
 * @throws SkepError SKEP_FILTER
 */
export function checkFilter(ast: FilterAst, schemas: readonly Schema[], options: FilterOptions = {}): void {
  const names = [...new Set(schemas.flatMap((schema) => schema.fields.map((field) => field.name)))];
  for (const field of filterFields(ast)) {
    if (!names.includes(field.name)) throw unknownField(ast.source, field, names, 'no stream has');
  }
  for (const schema of schemas) compileFilter(ast, schema, { ...options, missing: 'false' });
}

class Compiler {
  private readonly source: FilterSource;
  private readonly schema: Schema;
  private readonly options: FilterOptions;

  constructor(source: FilterSource, schema: Schema, options: FilterOptions) {
    this.source = source;
    this.schema = schema;
    this.options = options;
  }

  /** Negations are carried down to the tests (De Morgan): none is a pass of its own, and a missing field stays false. */
  pass(node: FilterNode, yes: Verdict): Pass {
    switch (node.kind) {
      case 'constant':
        return constant((Number(node.value) ^ yes ^ 1) as Verdict);
      case 'not':
        return this.pass(node.term, (yes ^ 1) as Verdict);
      case 'and':
      case 'or': {
        const terms = node.terms.map((term) => this.pass(term, yes));
        return (node.kind === 'and') === (yes === 1) ? every(terms) : some(terms);
      }
      case 'flag': {
        const column = this.column(node.field);
        if (!column) return constant(0);
        if (column.class !== 'boolean') {
          const message = `field "${node.field.name}" is ${column.described}, not a condition`;
          throw this.source.error(node.field.at, message, `compare it: ${node.field.name} == ...`);
        }
        return numberIn(column.index, [0], (yes ^ 1) as Verdict);
      }
      default: {
        const column = this.column(node.field);
        return column
          ? compileTest(this.source, column, node, node.negated ? ((yes ^ 1) as Verdict) : yes)
          : constant(0);
      }
    }
  }

  private column(name: FieldName): FilterColumn | undefined {
    const { fields, plugin, stream } = this.schema;
    const index = fields.findIndex((field) => field.name === name.name);
    if (index >= 0) return new FilterColumn(fields[index]!, index, this.options.meanings ?? builtin);
    if (this.options.missing === 'false') return undefined;
    const names = fields.map((field) => field.name);
    throw unknownField(this.source, name, names, `stream ${plugin}.${stream} has no`);
  }
}

function unknownField(source: FilterSource, { name, at }: FieldName, valid: readonly string[], who: string): SkepError {
  return source.error(at, `${who} field "${name}"`, suggest(name, valid));
}
