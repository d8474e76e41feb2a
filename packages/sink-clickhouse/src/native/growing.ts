const SMALLEST = 1024;

/** Bytes that grow by doubling. `take` hands them out and begins anew with as much room. */
export class GrowingBytes {
  data: Uint8Array = new Uint8Array(0);
  length = 0;
  private room = SMALLEST;

  /** Make room for `bytes` more; returns the array, which the next call may replace. */
  reserve(bytes: number): Uint8Array {
    const wanted = this.length + bytes;
    if (wanted > this.data.length) {
      const data = new Uint8Array(Math.max(wanted, this.data.length * 2, this.room));
      data.set(this.data.subarray(0, this.length));
      this.data = data;
    }
    return this.data;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length).set(bytes, this.length);
    this.length += bytes.length;
  }

  take(): Uint8Array {
    const taken = this.data.subarray(0, this.length);
    // As much as this block took: the next one is about as large, and growing copies.
    this.room = Math.max(SMALLEST, this.length);
    this.data = new Uint8Array(0);
    this.length = 0;
    return taken;
  }
}
