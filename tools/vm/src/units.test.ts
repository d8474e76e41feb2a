import { describe, expect, it } from 'vitest';
import { formatBytes, parseDurationMs, parseSizeBytes } from './units.js';

describe('units', () => {
  it.each([
    ['90', 90_000],
    ['90s', 90_000],
    ['1.5m', 90_000],
    ['500ms', 500],
    ['1h', 3_600_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it('refuses no time at all', () => {
    expect(() => parseDurationMs('0s')).toThrow('no duration');
    expect(() => parseDurationMs('-1s')).toThrow('no duration');
  });

  it('tells sizes from files', () => {
    expect(parseSizeBytes('64M')).toBe(64 * 2 ** 20);
    expect(parseSizeBytes('1.5GiB')).toBe(1.5 * 2 ** 30);
    expect(parseSizeBytes('disk.img')).toBeUndefined();
    expect(parseSizeBytes('1024')).toBeUndefined();
  });

  it('writes sizes', () => {
    expect(formatBytes(412 * 2 ** 20)).toBe('412 MB');
    expect(formatBytes(1.5 * 2 ** 30)).toBe('1.5 GB');
  });
});
