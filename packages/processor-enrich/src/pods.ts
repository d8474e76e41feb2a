import { readdirSync } from 'node:fs';

export interface Pod {
  readonly name: string;
  readonly namespace: string;
}

/** The folder is read at most this often. */
const FRESH_MS = 5000;

/** Names of pods by their uid, from the kubelet's folder of logs: `<namespace>_<name>_<uid>`. */
export class Pods {
  private readonly folder: string;
  private pods = new Map<string, Pod>();
  private readMs = Number.NEGATIVE_INFINITY;

  constructor(folder: string) {
    this.folder = folder;
  }

  of(uid: string): Pod | undefined {
    const known = this.pods.get(uid);
    if (known) return known;
    const now = performance.now();
    if (now - this.readMs < FRESH_MS) return undefined;
    this.readMs = now;
    this.pods = this.read();
    return this.pods.get(uid);
  }

  private read(): Map<string, Pod> {
    const pods = new Map<string, Pod>();
    try {
      for (const folder of readdirSync(this.folder)) {
        const [namespace, name, uid, ...rest] = folder.split('_');
        if (namespace && name && uid && rest.length === 0) pods.set(uid, { name, namespace });
      }
    } catch {
      // No kubelet here.
    }
    return pods;
  }
}
