import { textAt, viewOf } from './views.js';

/** A note of a section of notes. */
export interface Note {
  readonly owner: string;
  readonly type: number;
  /** A view of the section's bytes. */
  readonly description: Uint8Array;
}

const HEADER_BYTES = 12;

/** The notes of a section, in their order. One that runs past the end ends the list. */
export function notesOf(section: Uint8Array): Note[] {
  const view = viewOf(section);
  const notes: Note[] = [];
  for (let at = 0; at + HEADER_BYTES <= section.length; ) {
    const [ownerBytes, bytes] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
    const from = at + HEADER_BYTES + align4(ownerBytes);
    if (from + bytes > section.length) break;
    const owner = textAt(section.subarray(at + HEADER_BYTES, at + HEADER_BYTES + ownerBytes), 0);
    notes.push({ owner, type: view.getUint32(at + 8, true), description: section.subarray(from, from + bytes) });
    at = from + align4(bytes);
  }
  return notes;
}

function align4(size: number): number {
  return Math.ceil(size / 4) * 4;
}
