import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { containerOf } from './container.js';

export interface ProcessFacts {
  /** `systemd;sshd;bash`: the parents, the first process first; `[gone]` when the process has ended. */
  readonly ancestors: string;
  /** 12 hex digits; '' outside of containers, `[gone]` when the process has ended. */
  readonly containerId: string;
  readonly containerRuntime: string;
  /** '' outside of Kubernetes. */
  readonly podUid: string;
}

const GONE = '[gone]';
const MOST_PROCESSES = 10_000;
const MOST_ANCESTORS = 16;
/** A process is looked at again after this time: its number may be that of another by then. */
const FRESH_MS = 2000;
/** What was known of a process that has ended is told this long: its last events come after its end. */
const REMEMBER_MS = 10_000;

interface Known {
  readonly facts: ProcessFacts;
  /** Clock ticks from boot to its start: with the pid it is one process for good. */
  readonly started: string;
  lookedMs: number;
  /** When it was last seen alive. */
  aliveMs: number;
}

/** What /proc tells of processes. Bounded; a process that ended before it was asked about stays unknown. */
export class Processes {
  private readonly proc: string;
  private readonly known = new Map<number, Known>();

  constructor(proc: string) {
    this.proc = proc;
  }

  of(pid: number): ProcessFacts {
    const now = performance.now();
    const before = this.known.get(pid);
    if (before && now - before.lookedMs < FRESH_MS) return before.facts;
    const stat = this.stat(pid);
    if (!stat) {
      if (before && now - before.aliveMs < REMEMBER_MS) return before.facts;
      return this.remember(pid, { facts: goneFacts, started: '', lookedMs: now, aliveMs: Number.NEGATIVE_INFINITY });
    }
    if (before?.started === stat.started) {
      before.lookedMs = before.aliveMs = now;
      return before.facts;
    }
    const facts = { ancestors: this.ancestors(stat.parent), ...containerOf(this.read(pid, 'cgroup') ?? '') };
    return this.remember(pid, { facts, started: stat.started, lookedMs: now, aliveMs: now });
  }

  private remember(pid: number, known: Known): ProcessFacts {
    this.known.delete(pid);
    this.known.set(pid, known);
    if (this.known.size > MOST_PROCESSES) this.known.delete(this.known.keys().next().value!);
    return known.facts;
  }

  private ancestors(first: number): string {
    const names: string[] = [];
    for (let pid = first; pid > 0 && names.length < MOST_ANCESTORS; ) {
      const stat = this.stat(pid);
      if (!stat) break;
      names.unshift(stat.comm);
      pid = stat.parent;
    }
    return names.join(';');
  }

  /** @see proc_pid_stat(5): `pid (comm) state ppid ... starttime`, where comm may hold anything, parentheses too. */
  private stat(pid: number): { comm: string; parent: number; started: string } | undefined {
    const text = this.read(pid, 'stat');
    if (text === undefined) return undefined;
    const end = text.lastIndexOf(')');
    const rest = text.slice(end + 2).split(' ');
    return { comm: text.slice(text.indexOf('(') + 1, end), parent: Number(rest[1]), started: rest[19] ?? '' };
  }

  private read(pid: number, name: string): string | undefined {
    try {
      return readFileSync(join(this.proc, String(pid), name), 'utf8');
    } catch {
      return undefined;
    }
  }
}

const goneFacts: ProcessFacts = { ancestors: GONE, containerId: GONE, containerRuntime: '', podUid: '' };
