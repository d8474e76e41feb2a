/** `enum bpf_map_type`, the kinds that behave differently here. */
export const MAP_PROG_ARRAY = 3;
export const MAP_PERF_EVENT_ARRAY = 4;
export const MAP_STACK_TRACE = 7;
export const MAP_CGROUP_ARRAY = 8;
export const MAP_QUEUE = 22;
export const MAP_STACK = 23;
export const MAP_RINGBUF = 27;

/** Kinds whose entries are not values that can be read. */
const UNREADABLE: readonly number[] = [
  MAP_PROG_ARRAY,
  MAP_PERF_EVENT_ARRAY,
  MAP_STACK_TRACE,
  MAP_CGROUP_ARRAY,
  MAP_QUEUE,
  MAP_STACK,
  MAP_RINGBUF,
];

/** Whether a map holds keys and values that can be listed. */
export function isTable(type: number): boolean {
  return !UNREADABLE.includes(type);
}
