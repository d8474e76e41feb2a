const SOFTWARE = 1;
const HARDWARE = 0;

/** Names of perf events as perf-list(1) spells them: type and config of perf_event_open(2). */
export const PERF_EVENTS: Readonly<Record<string, readonly [type: number, config: number]>> = {
  'cpu-clock': [SOFTWARE, 0],
  'task-clock': [SOFTWARE, 1],
  'page-faults': [SOFTWARE, 2],
  'context-switches': [SOFTWARE, 3],
  'cpu-migrations': [SOFTWARE, 4],
  'minor-faults': [SOFTWARE, 5],
  'major-faults': [SOFTWARE, 6],
  'alignment-faults': [SOFTWARE, 7],
  'emulation-faults': [SOFTWARE, 8],
  'cpu-cycles': [HARDWARE, 0],
  instructions: [HARDWARE, 1],
  'cache-references': [HARDWARE, 2],
  'cache-misses': [HARDWARE, 3],
  'branch-instructions': [HARDWARE, 4],
  'branch-misses': [HARDWARE, 5],
  'bus-cycles': [HARDWARE, 6],
  'ref-cycles': [HARDWARE, 9],
};

export function findPerfEvent(name: string): { readonly type: number; readonly config: bigint } | undefined {
  const found = PERF_EVENTS[name];
  return found && { type: found[0], config: BigInt(found[1]) };
}
