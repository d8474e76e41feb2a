import { VmError } from './errors.js';

const MILLISECONDS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const BYTES: Record<string, number> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `90s`, `10m`, `1h`, `500ms`; a bare number is seconds. */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(text);
  if (match === null || Number(match[1]) === 0) {
    throw new VmError('VM_USAGE', `"${text}" is no duration`, 'Write it as 90s, 10m or 500ms.');
  }
  return Number(match[1]) * MILLISECONDS[match[2] ?? 's']!;
}

/** `64M`, `1G`, `1.5GB`, `512MiB`, all in powers of 1024; undefined when the text is no size, and so may be a file. */
export function parseSizeBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)([KMGT])(?:i?B)?$/i.exec(text);
  if (match === null) return undefined;
  return Math.floor(Number(match[1]) * BYTES[match[2]!.toUpperCase()]!);
}

/** For a person: `412 MB`. */
export function formatBytes(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GB` : `${Math.round(bytes / 2 ** 20)} MB`;
}
