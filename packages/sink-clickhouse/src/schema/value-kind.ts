import { meanings as builtin, type Field, type Meanings } from '@skep/core';
import type { ValueKind } from './representation.js';

/** Meanings whose bytes are the text itself: stored byte for byte, UTF-8 or not. */
const PLAIN_TEXTS: ReadonlySet<string | undefined> = new Set([undefined, 'skep_comm_t', 'skep_path_t', 'skep_text_t']);

/** Texts of at most this many bytes are names (of disks, devices, states), of which there are few. */
const NAME_BYTES = 32;

/**
 * How a field of a plugin is stored. Everything that is shown as text because of its meaning is stored as that text:
 * an enum by its labels, for example, so that a label added later changes no type.
 */
export function kindOf(field: Field, meanings: Meanings = builtin): ValueKind {
  const meaning = field.meaning === undefined ? undefined : meanings.get(field.meaning);
  if (field.labels) return 'word';
  if (field.meaning === 'skep_ktime_t' && (field.type === 'u64' || field.type === 'i64')) return 'time';
  if (field.meaning === 'skep_ip_t' && field.type === 'bytes') return 'ip';
  if (field.type !== 'bytes') return meaning && meaning.json !== 'number' ? 'word' : field.type;
  if (meaning?.list) return 'list';
  return field.meaning === 'skep_comm_t' || (field.size > 0 && field.size <= NAME_BYTES) ? 'word' : 'text';
}

/** Whether the bytes of a column are stored as they are. */
export function isPlainText(field: Field, meanings: Meanings = builtin): boolean {
  if (field.type !== 'bytes' || field.labels) return false;
  return PLAIN_TEXTS.has(field.meaning) || meanings.get(field.meaning!) === undefined;
}

/** The documentation of a column: the plugin's sentence, and the unit where the type does not say it. */
export function commentOf(field: Field): string {
  const unit = field.meaning === 'skep_duration_ns_t' ? 'nanoseconds' : '';
  const labels = field.labels ? `one of ${[...field.labels.values()].slice(0, 12).join(', ')}` : '';
  return [field.doc, unit, labels.length > 0 && field.labels!.size <= 12 ? labels : '']
    .filter((part) => part !== '')
    .join('; ');
}
