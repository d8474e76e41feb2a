import type { Attachments } from './attachments.js';

/** Names that say what a function is attached to, as the macros of BCC make them. */
const RULES: readonly [prefix: RegExp, attach: (to: Attachments, fn: string, rest: string) => void][] = [
  [/^kprobe__/, (to, fn, event) => to.kprobe({ event, fn }, false)],
  [/^kretprobe__/, (to, fn, event) => to.kprobe({ event, fn }, true)],
  [/^tracepoint__/, (to, fn, tp) => to.tracepoint({ tp: tp.replace('__', ':'), fn })],
  [/^raw_tracepoint__/, (to, fn, tp) => to.rawTracepoint({ tp, fn })],
  // Newer versions of BCC put the module before the function.
  [/^kfunc__(?:vmlinux__)?/, (to, fn, name) => to.toTarget(fn, 'kfunc', name)],
  [/^kretfunc__(?:vmlinux__)?/, (to, fn, name) => to.toTarget(fn, 'kretfunc', name)],
  [/^lsm__/, (to, fn, name) => to.toTarget(fn, 'lsm', name)],
];

/** Attach `fn` to what its name says; false when it says nothing. */
export function autoAttach(to: Attachments, fn: string): boolean {
  for (const [prefix, attach] of RULES) {
    if (!prefix.test(fn)) continue;
    attach(to, fn, fn.replace(prefix, ''));
    return true;
  }
  return false;
}

/** Whether the name of a function says what it is attached to. */
export function attachesItself(fn: string): boolean {
  return RULES.some(([prefix]) => prefix.test(fn));
}
