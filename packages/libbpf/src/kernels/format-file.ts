import type { TracepointField, TracepointFormat } from '../predict/kernel.js';

const FIELD = /^\tfield:(?:.*[ *])?(\w+)(?:\[[^;]*\])?;\toffset:(\d+);\tsize:(\d+);/gm;

/** The fields of a tracepoint, from the text of its `format` file in tracefs; the common ones first. */
export function readFormatFile(text: string): TracepointFormat {
  const fields: TracepointField[] = [...text.matchAll(FIELD)].map(([, name, offset, size]) => ({
    name: name!,
    offset: Number(offset),
    size: Number(size),
  }));
  return { fields };
}
