import type { Meaning } from '../meaning.js';

const utf8 = new TextDecoder();

function textMeaning(typedef: string): Meaning {
  return { typedef, json: 'text', text: (value) => utf8.decode(value as Uint8Array) };
}

function numberMeaning(typedef: string): Meaning {
  return { typedef, json: 'number', text: (value) => String(value) };
}

/** A task's name, at most 15 bytes and a NUL (TASK_COMM_LEN). */
export const comm = textMeaning('skep_comm_t');
/** A path as the kernel or a program gave it; any bytes but NUL. */
export const path = textMeaning('skep_path_t');
/** Any other text; any bytes but NUL. */
export const text = textMeaning('skep_text_t');
/** Nanoseconds between two moments. */
export const durationNs = numberMeaning('skep_duration_ns_t');
/** A count that merges over CPUs by taking the largest instead of the sum. */
export const max = numberMeaning('skep_max_t');
