import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ROOT } from './paths.js';

/** Words that make the command behind them run as a user without any privilege. */
export const AS_USER: readonly string[] = [...reachable(), 'setpriv', '--reuid=65534', '--clear-groups'];

/**
 * Other users cannot pass through a folder like /root. For a working copy below one: in a mount namespace of its own,
 * the copy under the same path, with nothing beside it.
 */
function reachable(): string[] {
  let closed: string | undefined;
  for (let folder = ROOT; folder !== '/'; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o005) !== 0o005) closed = folder;
  }
  if (closed === undefined) return [];
  const script = `at=$(mktemp -d); mount --bind "$1" "$at"; mount -t tmpfs -o mode=0755 none "$2"
    mkdir -p "$1"; mount --move "$at" "$1"; cd "$(pwd)"; shift 2; exec "$@"`;
  return ['unshare', '-m', '--propagation', 'private', 'sh', '-ec', script, 'sh', ROOT, closed];
}
