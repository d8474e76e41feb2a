/**
 * Places to look at, each once, the first in the program first: code mostly runs forward, and a place where paths meet is
 * then looked at when all of them have come.
 */
export class PlaceQueue {
  private readonly heap: number[] = [];
  private readonly queued = new Set<number>();

  add(place: number): void {
    if (this.queued.has(place)) return;
    this.queued.add(place);
    const { heap } = this;
    let at = heap.push(place) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (heap[above]! <= place) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = place;
  }

  take(): number | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    this.queued.delete(first);
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = at * 2 + 1;
      if (below + 1 < heap.length && heap[below + 1]! < heap[below]!) below++;
      if (below >= heap.length || heap[below]! >= last) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
    return first;
  }
}
