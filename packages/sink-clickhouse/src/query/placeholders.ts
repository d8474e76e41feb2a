import { SkepError, suggest } from '@skep/core';
import { literal, quoted } from '../schema/names.js';
import { type Token, tokensOf } from '../sql/tokens.js';
import type { Edit } from './edited-text.js';

/** `{name:Type}` in a statement. */
export interface Placeholder {
  readonly name: string;
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

export function placeholdersOf(sql: string): Placeholder[] {
  const tokens = [...tokensOf(sql)];
  const text = ({ start, end }: Token) => sql.slice(start, end);
  const found: Placeholder[] = [];
  for (let at = 0; at + 3 < tokens.length; at++) {
    const [open, name, colon] = tokens.slice(at, at + 3) as [Token, Token, Token];
    if (text(open) !== '{' || name.kind !== 'word' || text(colon) !== ':') continue;
    const close = tokens.slice(at + 3).find((token) => text(token) === '}');
    if (!close) break;
    const type = sql.slice(colon.end, close.start).trim();
    found.push({ name: text(name), type, start: open.start, end: close.end });
  }
  return found;
}

/**
 * The value of each placeholder, by name.
 *
 * @throws SkepError SKEP_USAGE for a value that is missing, that nothing stands for, or that is no number.
 */
export function valuesFor(
  placeholders: readonly Placeholder[],
  given: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
): Record<string, string> {
  const names = [...new Set(placeholders.map(({ name }) => name))];
  for (const name of Object.keys(given)) {
    if (names.includes(name)) continue;
    const remedy = names.length === 0 ? 'the statement has none: write {name:Type} where a value belongs' : '';
    throw new SkepError('SKEP_USAGE', `--param: no parameter "${name}"`, remedy || suggest(name, names));
  }
  const values: Record<string, string> = {};
  for (const { name, type } of placeholders) {
    const value = given[name] ?? defaults[name];
    if (value === undefined) {
      throw new SkepError('SKEP_USAGE', `parameter "${name}" has no value`, `give --param ${name}=VALUE (${type})`);
    }
    if (isInteger(type) && !/^-?\d+$/.test(value)) {
      throw new SkepError('SKEP_USAGE', `--param ${name}: expected a whole number, got ${JSON.stringify(value)}`);
    }
    values[name] = value;
  }
  return values;
}

/**
 * Placeholders as text, for servers without them. Names of tables are put in for all: few versions take them from a
 * parameter.
 */
export function writtenOut(
  placeholders: readonly Placeholder[],
  values: Readonly<Record<string, string>>,
  takesParameters: boolean,
): Edit[] {
  return placeholders
    .filter(({ type }) => type === 'Identifier' || !takesParameters)
    .map(({ name, type, start, end }) => ({ start, end, text: asText(values[name]!, type) }));
}

function asText(value: string, type: string): string {
  if (type === 'Identifier') return value.split('.').map(quoted).join('.');
  // LIMIT takes a number and nothing that has to be computed.
  if (isInteger(type)) return value;
  return type === 'String' ? literal(value) : `CAST(${literal(value)}, ${literal(type)})`;
}

function isInteger(type: string): boolean {
  return /^U?Int\d+$/.test(type);
}
