import { readFileSync } from 'node:fs';

/** Finds uids in a passwd file, which is read once, when the first name is asked for. Unknown names are undefined. */
export function createFindUser(file = '/etc/passwd'): (name: string) => number | undefined {
  let users: Map<string, number> | undefined;
  return (name) => {
    users ??= readUsers(file);
    return users.get(name);
  };
}

function readUsers(file: string): Map<string, number> {
  const users = new Map<string, number>();
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // A container may have no such file: every name is unknown then, and uids still work.
  }
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':');
    if (name && uid && /^\d+$/.test(uid) && !users.has(name)) users.set(name, Number(uid));
  }
  return users;
}
