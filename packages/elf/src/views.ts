export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A 64-bit number of a file; those beyond 2^53 are no places in one, and lose their last bits. */
export function u64(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}

/** Longer names are cut: a table without NULs would be copied to its end for every one. */
const MOST_NAME = 4096;

/** The text at `at`, up to its NUL, the end of the bytes or `most` bytes; '' behind the end. */
export function textAt(bytes: Uint8Array, at: number, most = MOST_NAME): string {
  const part = bytes.subarray(at, at + most);
  const end = part.indexOf(0);
  return Buffer.from(part.buffer, part.byteOffset, end < 0 ? part.length : end).toString('utf8');
}
