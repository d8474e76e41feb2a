import { describe, expect, it } from 'vitest';
import { clockAttr, cpuList, openPerfClock } from './perf-event.js';

describe('a sampling clock', () => {
  it('is a struct perf_event_attr of the first 128 bytes', () => {
    const attr = clockAttr(1, { hertz: 99 });
    const words = [...new Uint32Array(attr.buffer)];
    expect(attr).toHaveLength(128);
    // type PERF_TYPE_SOFTWARE, size, config, sample_freq, and of the flags only bit 10, freq.
    expect(words.slice(0, 12)).toEqual([1, 128, 1, 0, 99, 0, 0, 0, 0, 0, 1 << 10, 0]);
    expect(words.slice(12)).toEqual(Array.from({ length: 20 }, () => 0));
  });

  it.each([
    ['wall-clock', 99],
    ['cpu-clock', 0],
    ['cpu-clock', -1],
    ['cpu-clock', Number.NaN],
  ])('is refused before the kernel is asked: %s at %d Hz', (clock, hertz) => {
    expect(() => openPerfClock(clock, { hertz })).toThrow(expect.objectContaining({ code: 'SKEP_ATTACH' }));
  });
});

describe('a list of CPUs', () => {
  it.each([
    ['0\n', [0]],
    ['0-3\n', [0, 1, 2, 3]],
    ['0,2-3,8\n', [0, 2, 3, 8]],
  ])('%j', (text, cpus) => {
    expect(cpuList(text)).toEqual(cpus);
  });
});
