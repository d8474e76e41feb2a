import { describe, expect, it } from 'vitest';
import { paramCounts } from './param-count.js';

/** BTF of these types and strings; a type is its words. */
function btf(strings: string, types: readonly (readonly number[])[]): Uint8Array {
  const text = new TextEncoder().encode(strings);
  const words = types.flat();
  const header = [0x0001eb9f, 24, 0, words.length * 4, words.length * 4, text.length];
  return new Uint8Array([...new Uint8Array(Uint32Array.from([...header, ...words]).buffer), ...text]);
}

const info = (kind: number, count = 0) => ((kind << 24) | count) >>> 0;

//                     1   5   9              24             39
const STRINGS = '\0int\0bio\0btf_trace_getrq\0btf_trace_plain\0btf_trace_getrq_more\0';
const [INT, BIO, GETRQ, PLAIN] = [1, 5, 9, 25] as const;

const BYTES = btf(STRINGS, [
  [INT, info(1), 4, 32], // 1: int
  [BIO, info(4, 2), 8, INT, 1, 0, BIO, 1, 32], // 2: struct of two members
  [0, info(2), 2], // 3: struct *
  [0, info(13, 3), 0, 0, 3, 0, 3, 0, 1], // 4: three parameters
  [GETRQ, info(8), 6], // 5: typedef to a type that comes later
  [0, info(2), 4], // 6: pointer to the function
  [PLAIN, info(8), 1], // 7: typedef to int
  [0, info(15, 1), 4, 7, 0, 4], // 8: section
]);

describe('paramCounts', () => {
  it('counts the parameters behind a typedef of a function pointer', () => {
    expect(paramCounts(BYTES, ['btf_trace_getrq'])).toEqual(new Map([['btf_trace_getrq', 3]]));
  });
  it('leaves out names that are not there, are part of another, or name no function pointer', () => {
    expect(paramCounts(BYTES, ['btf_trace_getrq_mor', 'trace_getrq', 'btf_trace_plain', 'none']).size).toBe(0);
  });
  it('reads a Buffer, from the middle of a larger one', () => {
    const larger = Buffer.alloc(BYTES.length + 7);
    larger.set(BYTES, 3);
    expect(paramCounts(larger.subarray(3, 3 + BYTES.length), ['btf_trace_getrq']).get('btf_trace_getrq')).toBe(3);
  });
  it('refuses bytes that are not BTF, and kinds it does not know', () => {
    expect(() => paramCounts(new Uint8Array(64), [])).toThrow('not BTF');
    expect(() => paramCounts(btf('\0', [[0, info(31), 0]]), [])).toThrow('BTF kind 31');
  });
});
