/** Wakes everyone who waits. */
export class Signal {
  private waiting: (() => void)[] = [];
  private notified = 0;

  /** How often it was given; see `wait`. */
  get count(): number {
    return this.notified;
  }

  /**
   * Settles at the next `notify()`.
   *
   * @param since the count before the caller looked: what was notified after that is not missed
   */
  wait(since: number = this.notified): Promise<void> {
    if (since !== this.notified) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  notify(): void {
    this.notified++;
    for (const wake of this.waiting.splice(0)) wake();
  }
}
