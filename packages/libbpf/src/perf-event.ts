import { readFileSync } from 'node:fs';
import { type Sampling, SkepError } from '@skep/core';
import { describeErrno } from './errno.js';
import { errno, libc, perfEventOpen } from './native/libc.js';

const PERF_TYPE_SOFTWARE = 1;
/** `enum perf_sw_ids` */
const SOFTWARE: Readonly<Record<string, number>> = { 'cpu-clock': 0, 'task-clock': 1 };

const ATTR_SIZE = 128;
const FLAG_FREQ = 1n << 10n;

/** The bytes of a `struct perf_event_attr` that samples a software clock: `hertz` times a second, or every `period` ns. */
export function clockAttr(config: number, { hertz = 0, period }: Pick<Sampling, 'hertz' | 'period'>): Uint8Array {
  const attr = new Uint8Array(ATTR_SIZE);
  const view = new DataView(attr.buffer);
  view.setUint32(0, PERF_TYPE_SOFTWARE, true);
  view.setUint32(4, ATTR_SIZE, true);
  view.setBigUint64(8, BigInt(config), true);
  view.setBigUint64(16, BigInt(period ?? hertz), true);
  view.setBigUint64(40, period === undefined ? FLAG_FREQ : 0n, true);
  return attr;
}

/**
 * File descriptors of a sampling event on every online CPU, or on the one asked for. Who attaches a program to one gives it to libbpf, which
 * closes it with the link.
 *
 * @throws SkepError SKEP_ATTACH when the clock is unknown or the kernel refuses.
 */
export function openPerfClock(clock: string, sampling: Sampling): number[] {
  const { hertz = 0, period, cpu: only } = sampling;
  const config = SOFTWARE[clock];
  if (config === undefined || !((period ?? hertz) > 0)) {
    throw new SkepError(
      'SKEP_ATTACH',
      `perf_event/${clock}:${hertz} is not a clock and a rate`,
      'such as cpu-clock:99',
    );
  }
  const attr = clockAttr(config, sampling);
  const cpus = onlineCpus();
  if (only !== undefined && !cpus.includes(only)) {
    throw new SkepError('SKEP_OPTION', `there is no CPU ${only} at work`, `one of ${cpus.join(', ')}`);
  }
  const fds: number[] = [];
  for (const cpu of only === undefined ? cpus : [only]) {
    const fd = perfEventOpen(attr, -1, cpu);
    if (fd < 0) {
      const reason = describeErrno(errno());
      for (const open of fds) libc().close(open);
      throw new SkepError('SKEP_ATTACH', `perf_event_open on CPU ${cpu}: ${reason}`);
    }
    fds.push(fd);
  }
  return fds;
}

/** The CPUs that run now. */
export function onlineCpus(): number[] {
  return cpuList(readFileSync('/sys/devices/system/cpu/online', 'utf8'));
}

/** A list as /sys/devices/system/cpu writes it: `0-3,8` -> 0, 1, 2, 3, 8. */
export function cpuList(text: string): number[] {
  return text
    .trim()
    .split(',')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
}
