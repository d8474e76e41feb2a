import { describe, expect, it } from 'vitest';
import { frameStyle, hasTasks } from './output.js';

describe('rows', () => {
  it.each([
    [{}, false],
    [{ perpid: false }, false],
    [{ perpid: true }, true],
    [{ pid: 7 }, true],
  ])('with %j are told apart by process: %s', (options, expected) => {
    expect(hasTasks(options)).toBe(expected);
  });

  it.each([
    [{}, 'names'],
    [{ offset: true }, 'offsets'],
    [{ verbose: true }, 'raw-names'],
    [{ offset: true, verbose: true }, 'raw-offsets'],
  ])('with %j have frames as %s', (options, style) => {
    expect(frameStyle(options)).toBe(style);
  });
});
