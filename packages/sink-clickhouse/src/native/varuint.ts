/** Write a length as LEB128 and return the position behind it; five bytes at most. */
export function putVaruint(out: Uint8Array, at: number, value: number): number {
  let rest = value;
  let to = at;
  while (rest > 0x7f) {
    out[to++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  out[to++] = rest;
  return to;
}

export function varuint(value: number): Uint8Array {
  const bytes = new Uint8Array(5);
  return bytes.subarray(0, putVaruint(bytes, 0, value));
}
