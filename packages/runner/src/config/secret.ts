import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Environment } from './substitute.js';
import type { MapNode } from './tree.js';

/** A secret's text, or what is wrong with it; `what` names its source, never its value. */
export type Secret = { readonly what: string; readonly text: string } | { readonly message: string };

const MAX_SECRET_BYTES = 64 * 1024;

/** Whether this value has the form of a secret: `{ file: path }` or `{ env: NAME }`. */
export function isSecretForm(node: MapNode): boolean {
  const [only] = [...node.entries.values()];
  return node.entries.size === 1 && (only?.key === 'file' || only?.key === 'env') && only.node.kind === 'scalar';
}

/**
 * Read a secret from its file (relative to `folder`; one line end at its end is not part of it) or its environment
 * variable. Read when the configuration is checked: a missing one must stop the start, not the first connection.
 */
export function readSecret(node: MapNode, folder: string, environment: Environment): Secret {
  const [entry] = [...node.entries.values()];
  const name = entry?.node.kind === 'scalar' ? entry.node.text : '';
  if (entry?.key === 'env') {
    const text = Object.hasOwn(environment, name) ? environment[name] : undefined;
    return text === undefined
      ? { message: `the environment variable ${name} is not set` }
      : { what: `the environment variable ${name}`, text };
  }
  if (name === '') return { message: 'the path of the file is empty' };
  try {
    const bytes = readFileSync(resolve(folder, name));
    if (bytes.length > MAX_SECRET_BYTES) return { message: `the file ${name} is larger than 64 KiB` };
    return { what: `the file ${name}`, text: bytes.toString('utf8').replace(/\r?\n$/, '') };
  } catch (error) {
    return { message: `cannot read the file ${name}: ${reasonOf((error as NodeJS.ErrnoException).code)}` };
  }
}

function reasonOf(code: string | undefined): string {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'EISDIR') return 'it is a directory';
  return code ?? 'it cannot be opened';
}
