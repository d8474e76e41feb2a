import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { prepareHeaders } from '@skep/headers';
import { HERE } from '../places.js';
import { notInstalled } from './installed.js';
import type { Command, Subject } from './subject.js';

const PYTHON = '/usr/bin/python3'; // Debian's: the one python3-bpfcc is installed for

/** Why programs of BCC cannot run; undefined when they can. */
export function bccMissing(): string | undefined {
  if (!existsSync('/usr/lib/python3/dist-packages/bcc/__init__.py'))
    return notInstalled('bpfcc-tools', 'python3-bpfcc');
  try {
    prepareHeaders(say);
    return undefined;
  } catch (error) {
    return `not installed: kernel headers: ${(error as Error).message}`;
  }
}

/** Runs a script under BCC, with headers for it to compile against. */
export function bccCommand(script: string, ...args: readonly string[]): Command {
  return {
    argv: [PYTHON, script, ...args],
    env: { ...prepareHeaders(say), PYTHONDONTWRITEBYTECODE: '1' },
  };
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

/** A program of `peers/`. */
export function bccPeer(tool: string, ...args: readonly string[]): Command {
  return bccCommand(join(HERE, 'peers', `${tool}_bcc.py`), ...args);
}

/** opensnoop in BCC's Python; it flushes every line, as the tool does, or leaves that to Python's buffer. */
export function bccOpensnoop(isFlushing: boolean): Subject {
  return {
    name: isFlushing ? 'BCC (Python)' : 'BCC, no flush',
    isSkep: false,
    missing: bccMissing,
    command: (output) => bccPeer('opensnoop', ...(isFlushing || output === 'line' ? [] : ['--no-flush'])),
  };
}
