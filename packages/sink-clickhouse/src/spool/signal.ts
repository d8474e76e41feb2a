/** Wakes everyone who waits. */
export class Signal {
  private waiting: (() => void)[] = [];

  /** Settles at the next `notify()`. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  notify(): void {
    for (const wake of this.waiting.splice(0)) wake();
  }
}
