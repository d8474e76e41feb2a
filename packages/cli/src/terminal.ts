import { closeSync, openSync } from 'node:fs';

const hadTerminal = process.stdout.isTTY || process.stderr.isTTY;

/**
 * Whether the terminal that skep was started from is gone. SIGHUP then means what it first meant: the window was
 * closed, and an agent that went on would be seen by nobody.
 */
export function hasHungUp(): boolean {
  if (!hadTerminal) return false;
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return false;
  } catch {
    return true;
  }
}
