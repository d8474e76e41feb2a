/** `enum bpf_map_type`, the kinds that behave differently here. */
export const MAP_ARRAY = 2;
export const MAP_PROG_ARRAY = 3;
export const MAP_PERF_EVENT_ARRAY = 4;
export const MAP_PERCPU_ARRAY = 6;
export const MAP_STACK_TRACE = 7;
export const MAP_CGROUP_ARRAY = 8;
export const MAP_ARRAY_OF_MAPS = 12;
export const MAP_HASH_OF_MAPS = 13;
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

/** Kinds that user space writes in other ways, or not here. */
const UNWRITABLE: readonly number[] = [MAP_PERF_EVENT_ARRAY, MAP_STACK_TRACE, MAP_CGROUP_ARRAY, MAP_RINGBUF];

/** Kinds whose keys are indexes. */
const INDEXED: readonly number[] = [MAP_ARRAY, MAP_PERCPU_ARRAY, MAP_ARRAY_OF_MAPS, MAP_PROG_ARRAY];

/** Kinds with a value for every index, none of which can go. */
const ARRAYS: readonly number[] = [MAP_ARRAY, MAP_PERCPU_ARRAY];

const OF_MAPS: readonly number[] = [MAP_ARRAY_OF_MAPS, MAP_HASH_OF_MAPS];

export function isWritable(type: number): boolean {
  return !UNWRITABLE.includes(type);
}

export function isIndexed(type: number): boolean {
  return INDEXED.includes(type);
}

export function isArray(type: number): boolean {
  return ARRAYS.includes(type);
}

/** Whether a map holds values that can be rows: those of maps of maps are maps. */
export function hasRows(type: number): boolean {
  return isTable(type) && !OF_MAPS.includes(type);
}

/** Whether a map holds keys and values that can be listed. */
export function isTable(type: number): boolean {
  return !UNREADABLE.includes(type);
}
