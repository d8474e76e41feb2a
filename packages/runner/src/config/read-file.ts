import { open } from 'node:fs/promises';
import { SkepError } from '@skep/core';

/** Largest configuration file, in bytes: a hundred times a long one. */
export const MAX_FILE_BYTES = 1024 * 1024;

const REASONS: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['there is no such file', 'give the path of a configuration file, or create this one'],
  ENOTDIR: ['there is no such file', 'give the path of a configuration file, or create this one'],
  EACCES: ['permission denied', 'make the file readable for this user'],
  EISDIR: ['it is a directory', 'give the path of a file'],
};

/**
 * The text of a configuration file. A pipe is read too, so that `skep run <(generate)` works.
 *
 * @throws SkepError SKEP_CONFIG when it is missing, a directory, unreadable, over 1 MiB or not UTF-8.
 */
export async function readConfigFile(file: string): Promise<string> {
  return decode(file, await readBytes(file));
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const handle = await open(file, 'r');
    try {
      const kind = await handle.stat();
      if (kind.isDirectory()) throw Object.assign(new Error('directory'), { code: 'EISDIR' });
      if (!kind.isFile() && !kind.isFIFO()) {
        throw new SkepError(
          'SKEP_CONFIG',
          `cannot read ${file}: it is a device or a socket`,
          'give the path of a file',
        );
      }
      const bytes = new Uint8Array(MAX_FILE_BYTES + 1);
      let length = 0;
      while (length < bytes.length) {
        const { bytesRead } = await handle.read(bytes, length, bytes.length - length, null);
        if (bytesRead === 0) return bytes.subarray(0, length);
        length += bytesRead;
      }
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof SkepError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const [reason, remedy] = REASONS[code ?? ''] ?? [message, ''];
    throw new SkepError('SKEP_CONFIG', `cannot read ${file}: ${reason}`, remedy, { cause });
  }
  throw new SkepError('SKEP_CONFIG', `${file} is larger than 1 MiB`, 'a configuration is a few kilobytes: is this it?');
}

function decode(file: string, bytes: Uint8Array): string {
  const strict = new TextDecoder('utf-8', { fatal: true });
  try {
    return strict.decode(bytes);
  } catch {
    const lenient = new TextDecoder();
    for (let start = 0, line = 1; start < bytes.length; line++) {
      const newline = bytes.indexOf(10, start);
      const end = newline < 0 ? bytes.length : newline;
      const text = lenient.decode(bytes.subarray(start, end)).replace(/\r$/, '');
      const bad = text.indexOf('\ufffd');
      if (bad >= 0) {
        const location = { file, line, column: bad + 1, text, length: 1 };
        throw new SkepError('SKEP_CONFIG', 'this is not UTF-8 text', 'save the file as UTF-8', { location });
      }
      start = end + 1;
    }
    throw new SkepError('SKEP_CONFIG', `${file} is not UTF-8 text`, 'save the file as UTF-8');
  }
}
