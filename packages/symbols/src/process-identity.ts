import { readFileSync } from 'node:fs';
import process from 'node:process';

/**
 * What tells a process from another with the same id, and a program from the one that execve(2) put in its place: the
 * time it was started, and the address of its stack, which every execve chooses anew. Undefined when there is no such
 * process, or when it has ended and nobody has asked for its status: its stack is 0 then.
 *
 * @see proc_pid_stat(5), fields 22 and 28. Without ptrace access the stack is 0, and only the time tells.
 */
export function processIdentity(pid: number): string | undefined {
  // Not looked up: where opens are traced, looking would be an event of its own, for ever.
  if (pid === process.pid) return 'self';
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name in field 2 may hold anything, parentheses too.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  return `${fields[22 - 3]}:${fields[28 - 3]}`;
}
