/** A function, in the place that its callers give it. */
export interface FrameNode {
  readonly name: string;
  /** Of itself and all that it called. */
  total: bigint;
  readonly children: Map<string, FrameNode>;
}

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
      const child = known ?? this.childOf(node, this.count < this.limit ? name : '[more]');
      child.total += weight;
      node = child;
      if (!known && this.count >= this.limit) return;
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
