import { readFileSync } from 'node:fs';
import type { Account } from '@skep/libbpf';

/** An account by name or uid. A name that is unknown has none; a uid that is unknown is in the group of its number. */
export type FindAccount = (user: string | number) => Account | undefined;

/** Finds accounts in a passwd file, which is read once, when the first is asked for. */
export function createFindAccount(file = '/etc/passwd'): FindAccount {
  let accounts: readonly Account[] | undefined;
  return (user) => {
    accounts ??= readAccounts(file);
    const found = accounts.find(({ name, uid }) => name === user || String(uid) === String(user));
    if (found || !/^\d+$/.test(String(user))) return found;
    return { name: undefined, uid: Number(user), gid: Number(user) };
  };
}

/** Finds uids by name, as `createFindAccount`. Unknown names are undefined. */
export function createFindUser(file = '/etc/passwd'): (name: string) => number | undefined {
  let users: Map<string, number> | undefined;
  return (name) => {
    // The first line of a name counts.
    users ??= new Map(
      readAccounts(file)
        .reverse()
        .map((account) => [account.name!, account.uid]),
    );
    return users.get(name);
  };
}

function readAccounts(file: string): Account[] {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // A container may have no such file: every name is unknown then, and uids still work.
  }
  return text.split('\n').flatMap((line) => {
    const [name, , uid, gid] = line.split(':');
    if (!name || !isNumber(uid) || !isNumber(gid)) return [];
    return [{ name, uid: Number(uid), gid: Number(gid) }];
  });
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && /^\d+$/.test(text);
}
