import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** Where kernels are kept: `SKEP_CACHE`, else the user's cache folder. Never inside the repository: it is 400 MB a kernel. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SKEP_CACHE) return resolve(env.SKEP_CACHE);
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'skep');
}

/**
 * Do `work` while no other process holds `file`.
 *
 * flock(1) holds the lock for as long as its child reads from us, so the lock ends with this process however it ends:
 * there is no stale lock to recognise.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const holder = spawn('flock', ['--exclusive', file, 'sh', '-c', 'echo held; read -r _'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise<void>((held, failed) => {
    holder.stdout.once('data', () => held());
    holder.once('error', failed);
    holder.once('exit', (code) => failed(new Error(`flock ${file} ended with ${code}`)));
  });
  try {
    return await work();
  } finally {
    holder.stdin.end();
  }
}

/** Write a file so that a reader sees all of it or none of it. */
export function writeAtomically(file: string, data: string | Uint8Array): void {
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(temporary, data);
  renameSync(temporary, file);
}
