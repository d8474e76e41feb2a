import type { AnswerColumn } from '@skep/core';

/** How the store writes moments. */
export interface TimeStyle {
  /** As seconds since the epoch, whatever the time zone. */
  readonly unix: boolean;
  /** Time zone of columns that name none. */
  readonly zone: string;
}

export interface ReadColumn extends AnswerColumn {
  /** Cells are `2026-01-31 23:59:59` in UTC, to be made seconds. */
  readonly isText: boolean;
}

const WRAPPED = /^(?:Nullable|LowCardinality)\((.*)\)$/s;
const NUMBER = /^(?:U?Int\d+|Float\d+|B?Float\d+|Decimal\b.*|SimpleAggregateFunction\(\w+, U?Int\d+\))$/;
const UTC = /^(?:(?:Etc\/)?(?:UTC|GMT|Zulu|Universal))$/;

/** What cells of a ClickHouse type are to those who read them. */
export function columnOf(name: string, type: string, style: TimeStyle): ReadColumn {
  const inner = WRAPPED.exec(type)?.[1];
  if (inner !== undefined) return columnOf(name, inner, style);
  if (NUMBER.test(type)) return { name, kind: 'number', isText: false };
  if (!/^DateTime/.test(type)) return { name, kind: 'text', isText: false };
  if (style.unix) return { name, kind: 'time', isText: false };
  const zone = /'([^']*)'/.exec(type)?.[1] ?? style.zone;
  return UTC.test(zone) ? { name, kind: 'time', isText: true } : { name, kind: 'text', isText: false };
}

/** `2026-01-31 23:59:59.5` in UTC as seconds since the epoch. */
export function secondsOf(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const ms = Date.parse(`${whole.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? text : `${ms / 1000}${fraction === undefined ? '' : `.${fraction}`}`;
}
