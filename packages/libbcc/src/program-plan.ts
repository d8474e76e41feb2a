import { SkepError, type SourceLocation, suggest } from '@skep/core';
import type { Attachments, KprobeSpec, PerfEventSpec, TracepointSpec, UprobeSpec } from './attachments.js';
import type { UsdtRequest } from './compiler/protocol.js';
import type { UsdtProbeSpec, UsdtTarget } from './usdt.js';

/** One entry of a list of attachments, with its place in the file that asks for it. */
export type AttachEntry = (
  | ({ readonly kind: 'kprobe' | 'kretprobe' } & KprobeSpec)
  | ({ readonly kind: 'uprobe' | 'uretprobe' } & UprobeSpec)
  | ({ readonly kind: 'tracepoint' | 'raw_tracepoint' } & TracepointSpec)
  | ({ readonly kind: 'usdt' } & UsdtTarget & UsdtProbeSpec)
  | ({ readonly kind: 'perf_event' } & PerfEventSpec)
) & { readonly location?: SourceLocation };

/** Attach what the entry asks for; USDT probes have been attached with the program. */
export function attachEntry(to: Attachments, entry: AttachEntry): void {
  if (entry.kind === 'kprobe' || entry.kind === 'kretprobe') to.kprobe(entry, entry.kind === 'kretprobe');
  else if (entry.kind === 'uprobe' || entry.kind === 'uretprobe') to.uprobe(entry, entry.kind === 'uretprobe');
  else if (entry.kind === 'tracepoint') to.tracepoint(entry);
  else if (entry.kind === 'raw_tracepoint') to.rawTracepoint(entry);
  else if (entry.kind === 'perf_event') to.perfEvent(entry);
}

/** What the compiler must know of the USDT probes among the entries. */
export function usdtRequests(entries: readonly AttachEntry[]): UsdtRequest[] {
  return entries.flatMap((entry) => {
    if (entry.kind !== 'usdt') return [];
    const [name = '', provider] = entry.probe.split(':').reverse();
    const { pid, path, fn } = entry;
    const target = { ...(pid === undefined ? {} : { pid }), ...(path === undefined ? {} : { path }) };
    return [{ ...target, probes: [{ provider, name, fn }] }];
  });
}

/** @throws SkepError SKEP_CONFIG when an entry names a function that the text does not have. */
export function checkFunctions(entries: readonly AttachEntry[], functions: readonly string[]): void {
  for (const { fn, location } of entries) {
    if (functions.includes(fn)) continue;
    const message = `the program has no function "${fn}"`;
    throw new SkepError('SKEP_CONFIG', message, suggest(fn, functions), location ? { location } : {});
  }
}
