import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSkepError, type OptionValues, SkepError } from '@skep/core';
import { ElfFile, globMatcher, libraryFile, mappedFiles, type UsdtNote, usdtNotes } from '@skep/tracing';
import { eventFields, tracefsFolder, tracepointNames } from './tracepoints.js';

type Rows = Record<'tracepoints' | 'usdt', readonly Readonly<Record<string, unknown>>[]>;

/**
 * What there is to probe: the kernel's tracepoints, or the USDT probes of a file or process.
 *
 * @throws SkepError SKEP_ATTACH when there is no such file or process, or nothing matches.
 */
export function list(options: OptionValues): Partial<Rows> {
  const { filter = '*', lib, pid, level = 0 } = options as Record<string, string & number>;
  const matches = globMatcher(filter);
  const rows = lib !== undefined || pid !== undefined ? usdt(lib, pid, level, matches) : events(level, matches);
  if (Object.values(rows).every((one) => one.length === 0)) {
    const where = lib ?? (pid === undefined ? 'this kernel' : `process ${pid}`);
    throw filter === '*' ? nothingIn(where) : nothingLike(filter, where);
  }
  return rows;
}

function nothingIn(where: string): SkepError {
  const remedy = 'it was built without <sys/sdt.h>; its functions can be probed all the same';
  return new SkepError('SKEP_ATTACH', `${where} has no USDT probes`, remedy);
}

function nothingLike(filter: string, where: string): SkepError {
  return new SkepError('SKEP_ATTACH', `nothing of ${where} matches "${filter}"`, 'without a filter all is listed');
}

function events(level: number, matches: (name: string) => boolean): Partial<Rows> {
  const folder = tracefsFolder();
  const names = tracepointNames(folder).filter(matches).sort();
  const rows = names.map((tracepoint) => {
    const format = level > 0 ? read(join(folder, 'events', tracepoint.replace(':', '/'), 'format')) : '';
    return { tracepoint, fields: eventFields(format).join('; ') };
  });
  return { tracepoints: rows };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // the folder is there, and its event has gone with its module
  }
}

function usdt(lib: string | undefined, pid: number | undefined, level: number, matches: (name: string) => boolean) {
  const paths = lib === undefined ? mappedFiles(pid!) : [libraryFile(lib, pid)];
  const rows = paths.flatMap((path) => {
    const notes = notesOf(path, lib !== undefined).filter((note) => matches(`${note.provider}:${note.name}`));
    return level > 1 ? notes.map((note) => placeRow(path, note)) : probeRows(path, notes);
  });
  return { usdt: rows };
}

/** Of the many files of a process some are no programs. */
function notesOf(path: string, isAsked: boolean): UsdtNote[] {
  try {
    const file = new ElfFile(path);
    try {
      return usdtNotes(file);
    } finally {
      file.close();
    }
  } catch (error) {
    if (isAsked || !isSkepError(error)) throw error;
    return [];
  }
}

function probeRows(path: string, notes: readonly UsdtNote[]) {
  const names = [...new Set(notes.map(({ provider, name }) => `${provider}:${name}`))];
  return names.map((name) => {
    const places = notes.filter((note) => `${note.provider}:${note.name}` === name);
    const [{ provider, name: probe, semaphore, arguments: args }] = places as [UsdtNote];
    return { path, name, provider, probe, semaphore, locations: places.length, arguments: args.length };
  });
}

function placeRow(path: string, { provider, name: probe, semaphore, address, arguments: args }: UsdtNote) {
  const texts = args.map(({ bytes, isSigned, place }, i) => {
    return `#${i + 1} ${bytes} ${isSigned ? 'signed' : 'unsigned'} bytes @ ${place}`;
  });
  const common = { path, name: `${provider}:${probe}`, provider, probe, semaphore, address };
  return { ...common, locations: 1, arguments: args.length, places: texts.join('; ') };
}
