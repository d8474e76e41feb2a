import { chosen } from '../rounds.js';
import { bccOpensnoop } from './bcc.js';
import { bpftrace } from './bpftrace.js';
import { libbpfTools } from './libbpf-tools.js';
import { skepOpensnoop } from './skep.js';
import type { Subject } from './subject.js';

/** Everybody who can trace opens, skep first. */
export function openSubjects(only: readonly string[]): readonly Subject[] {
  const all: readonly Subject[] = [
    skepOpensnoop('json'),
    skepOpensnoop('table'),
    bpftrace,
    libbpfTools,
    bccOpensnoop(true),
    bccOpensnoop(false),
  ];
  return chosen(all, only);
}
