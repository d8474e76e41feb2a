import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSkepError, SkepError } from '@skep/core';
import { lastLines, lastPlace, verifierLog } from '@skep/libbpf';
import { locationOf } from './diagnostics.js';

/** Of one attach set, and of all there are. */
const REFUSALS: readonly string[] = ['SKEP_VERIFIER', 'SKEP_ATTACH'];

/**
 * What the verifier refused, shown at the author's line, when the kernel says which one that is and the source is there;
 * else the error as it was.
 *
 * @param folder of the plugin
 */
export function atAuthorsLine(error: unknown, folder: string): unknown {
  if (!isSkepError(error) || !REFUSALS.includes(error.code) || error.location || !error.details) return error;
  const place = lastPlace(error.details);
  const file = place && `src/${place.file}`;
  if (!place || !file || !existsSync(join(folder, file))) return error;
  const text = readFileSync(join(folder, file), 'utf8').split('\n')[place.line - 1] ?? '';
  const column = text.length - text.trimStart().length + 1;
  const where = locationOf(folder, { file, line: place.line, column });
  const location = { ...where, length: Math.max(1, text.trim().length) };
  const said = lastLines(verifierLog(error.details) ?? '', LOG_LINES).replaceAll('\n', '\n  ');
  const message = `${error.message}; the verifier's last lines:\n  ${said}`;
  return new SkepError(error.code, message, '', { location, details: error.details, cause: error });
}

const LOG_LINES = 4;
