/** A function, in the place that its callers give it. */
export interface FrameNode {
  readonly name: string;
  /** Of itself and all that it called. */
  total: bigint;
  readonly children: Map<string, FrameNode>;
}

const MORE = '[more]';

/** Stacks laid over one another from the root. Beyond `limit` frames, further ones go together under one name. */
export class FrameTree {
  readonly root: FrameNode = nodeOf('all');
  private readonly limit: number;
  private count = 0;

  constructor(limit = 200_000) {
    this.limit = limit;
  }

  /** @param frames root first */
  add(frames: readonly string[], weight: bigint): void {
    let node = this.root;
    node.total += weight;
    for (const name of frames) {
      const known = node.children.get(name);
      const child = known ?? this.childOf(node, this.count < this.limit ? name : MORE);
      child.total += weight;
      node = child;
      if (!known && this.count >= this.limit) return;
    }
  }

  /** Take out again what was added with these frames and this weight; functions that nothing is left of go. */
  take(frames: readonly string[], weight: bigint): void {
    let node = this.root;
    node.total -= weight;
    for (const name of frames) {
      const known = node.children.get(name);
      const child = known ?? node.children.get(MORE);
      if (!child) return;
      child.total -= weight;
      if (child.total === 0n) {
        node.children.delete(child.name);
        this.count--;
      }
      if (!known) return;
      node = child;
    }
  }

  private childOf(node: FrameNode, name: string): FrameNode {
    const known = node.children.get(name);
    if (known) return known;
    const child = nodeOf(name);
    node.children.set(name, child);
    this.count++;
    return child;
  }
}

function nodeOf(name: string): FrameNode {
  return { name, total: 0n, children: new Map() };
}
