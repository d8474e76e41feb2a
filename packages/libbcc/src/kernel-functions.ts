import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nearest, SkepError } from '@skep/core';
import { ensureTracefs, findTracefs } from '@skep/libbpf';

/** More functions than this are seldom meant, and each costs a file descriptor and a patched place in the kernel. */
export const MOST_FUNCTIONS = 1000;

const KALLSYMS = '/proc/kallsyms';
const BLACKLIST = '/sys/kernel/debug/kprobes/blacklist';
/** Entries that a kprobe is refused on, or that are never called by name. */
const NOT_PROBED = /^(__SCT__|_kbl_addr_|__perf|perf_|__cfi_|__pfx_)|\.cold(\.\d+)?$/;

let known: ReadonlySet<string> | undefined;

/** Functions of this kernel that can be probed; empty when it does not tell. */
export function kernelFunctions(): ReadonlySet<string> {
  known ??= new Set(listFunctions());
  return known;
}

function listFunctions(): string[] {
  const refused = new Set(lines(BLACKLIST).map((line) => line.split('\t')[1] ?? ''));
  const traced = lines(join(findTracefs() ?? '', 'available_filter_functions')).map((line) => line.split(' ')[0]!);
  const names = traced.length > 0 ? traced : symbols();
  return names.filter((name) => !NOT_PROBED.test(name) && !refused.has(name));
}

/** `ffffffff81000000 T _stext`; data, and functions of modules that are named twice, do not matter here. */
function symbols(): string[] {
  return lines(KALLSYMS).flatMap((line) => {
    const [, kind = '', name = ''] = line.split(/[ \t]/);
    return /^[tTwW]$/.test(kind) ? [name] : [];
  });
}

/** Of files that this kernel does not have, or does not show, nothing. */
function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
  } catch {
    return [];
  }
}

/**
 * The functions that a regular expression matches as a whole.
 *
 * @throws SkepError SKEP_ATTACH when there is none, or more than `most`.
 */
export function matchFunctions(pattern: string | RegExp, most = MOST_FUNCTIONS): string[] {
  const whole = new RegExp(`^(?:${typeof pattern === 'string' ? pattern : pattern.source})$`);
  const found = [...kernelFunctions()].filter((name) => whole.test(name)).sort();
  if (found.length === 0)
    throw new SkepError('SKEP_ATTACH', `no kernel function matches ${whole}`, resembling(whole.source));
  if (found.length <= most) return found;
  throw new SkepError(
    'SKEP_ATTACH',
    `${whole} matches ${found.length} kernel functions, more than ${most}`,
    `such as ${found.slice(0, 5).join(', ')}; give a narrower expression`,
  );
}

/** What the kernel puts before the name of a system call's function, newest first. */
const SYSCALL_PREFIXES = ['__x64_sys_', '__arm64_sys_', '__se_sys_', 'sys_', 'SyS_'];

/** The function of a system call, by its plain name: `clone` is `__x64_sys_clone` on x86-64. */
export function syscallFunction(name: string): string {
  const prefix = SYSCALL_PREFIXES.find((one) => kernelFunctions().has(`${one}bpf`)) ?? defaultPrefix();
  return prefix + name;
}

function defaultPrefix(): string {
  return process.arch === 'arm64' ? '__arm64_sys_' : '__x64_sys_';
}

/** `sys_clone` and the names of other architectures become this kernel's; other functions stay. */
export function kernelName(name: string): string {
  const prefix = SYSCALL_PREFIXES.find((one) => name.startsWith(one));
  return prefix === undefined || kernelFunctions().has(name) ? name : syscallFunction(name.slice(prefix.length));
}

/** The tracepoints of this kernel as `category:name`; empty when tracefs cannot be read. */
export function tracepoints(): string[] {
  const events = join(ensureTracefs(), 'events');
  if (!existsSync(events)) return [];
  const folders = (path: string) =>
    readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  return folders(events).flatMap((category) => folders(join(events, category)).map((name) => `${category}:${name}`));
}

/** Words of a function's name that say nothing of what it does. */
const NOISE = new Set(['sys', 'x64', 'arm64', 'se', 'do', 'the', 'ksys', 'vfs']);

/** A hint where a kernel function cannot be probed: tracepoints of similar names. */
export function resembling(name: string): string {
  const words = name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word.length > 2 && !NOISE.has(word));
  const scored = tracepointsQuietly()
    .map((tracepoint) => {
      const parts = tracepoint.toLowerCase().split(/[:_]/);
      return { tracepoint, score: words.filter((word) => parts.includes(word)).length };
    })
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.tracepoint.length - b.tracepoint.length);
  const best = scored.slice(0, 5).map(({ tracepoint }) => tracepoint);
  return best.length === 0 ? '' : `tracepoints with similar names: ${best.join(', ')}`;
}

/** The same, and none when tracefs is not there. */
export function tracepointsQuietly(): string[] {
  try {
    return tracepoints();
  } catch {
    return [];
  }
}

/** `did you mean "sched:sched_switch"?`, or what resembles it. */
export function similarTracepoint(tp: string): string {
  return suggestNear(tp, tracepointsQuietly()) || resembling(tp);
}

/** `did you mean "sched_switch"?`; '' when nothing is near. */
export function suggestNear(name: string, all: readonly string[]): string {
  const near = nearest(name, all);
  return near === undefined ? '' : `did you mean "${near}"?`;
}

/** `did you mean "vfs_read"?`, or what resembles it. */
export function similarFunction(name: string): string {
  const near = nearest(name, [...kernelFunctions()]);
  return near === undefined ? resembling(name) : `did you mean "${near}"?`;
}
