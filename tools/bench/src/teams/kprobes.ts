import { existsSync } from 'node:fs';

/** Whether this kernel has kprobes: without them there is no such event source. */
export function hasKprobes(): boolean {
  return existsSync('/sys/bus/event_source/devices/kprobe');
}
