/** A map that forgets what was not asked for longest, once its entries weigh more than `limit` together. */
export class Lru<K, V> {
  private readonly entries = new Map<K, { readonly value: V; readonly weight: number }>();
  private readonly limit: number;
  private readonly onDrop: (value: V) => void;
  private total = 0;

  /** @param onDrop called with what is forgotten, and with what is replaced */
  constructor(limit: number, onDrop: (value: V) => void = () => {}) {
    this.limit = limit;
    this.onDrop = onDrop;
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: K): V | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return entry.value;
  }

  /** The entry just set stays, however much it weighs. */
  set(key: K, value: V, weight = 1): void {
    this.delete(key);
    this.entries.set(key, { value, weight });
    this.total += weight;
    for (const [oldest] of this.entries) {
      if (this.total <= this.limit || this.entries.size === 1) break;
      this.delete(oldest);
    }
  }

  delete(key: K): void {
    const entry = this.entries.get(key);
    if (entry === undefined) return;
    this.entries.delete(key);
    this.total -= entry.weight;
    this.onDrop(entry.value);
  }

  clear(): void {
    for (const key of [...this.entries.keys()]) this.delete(key);
  }
}
