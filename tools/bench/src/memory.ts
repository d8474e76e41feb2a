import { readdirSync, readFileSync } from 'node:fs';
import { processTree } from './process-tree.js';

/** Bytes of memory a subject holds. */
export interface Memory {
  /** Resident, shared pages counted in each process. */
  readonly rss: number;
  /** Resident, shared pages divided among those who share them. */
  readonly pss: number;
  /** Kernel memory of its BPF maps. */
  readonly maps: number;
}

/** Bytes of `Name: 12 kB` in a file of /proc; 0 when it is not there. */
export function kilobytesOf(name: string, text: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
}

/** Bytes and id of the BPF map a file of /proc/PID/fdinfo describes; undefined for anything else. */
export function mapOf(text: string): { readonly id: number; readonly bytes: number } | undefined {
  const id = /^map_id:\s+(\d+)/m.exec(text);
  return id ? { id: Number(id[1]), bytes: Number(/^memlock:\s+(\d+)/m.exec(text)?.[1] ?? 0) } : undefined;
}

/** What the process and everything below it hold now. */
export function memoryOf(root: number): Memory {
  let [rss, pss] = [0, 0];
  const maps = new Map<number, number>();
  for (const pid of processTree(root).keys()) {
    const rollup = read(`/proc/${pid}/smaps_rollup`);
    rss += kilobytesOf('Rss', rollup);
    pss += kilobytesOf('Pss', rollup);
    for (const fd of list(`/proc/${pid}/fdinfo`)) {
      const map = mapOf(read(`/proc/${pid}/fdinfo/${fd}`));
      if (map) maps.set(map.id, map.bytes);
    }
  }
  return { rss, pss, maps: [...maps.values()].reduce((sum, bytes) => sum + bytes, 0) };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
