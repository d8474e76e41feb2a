import { realpathSync } from 'node:fs';
import type { ServerResponse } from 'node:http';

/** Long enough for an agent that reloads, short enough that nobody wonders why the process is still there. */
const LINGER_MS = 3000;
/** From the start to the first lease. */
const FIRST_LEASE_MS = 20_000;

/**
 * Who needs the store: each holder keeps a request open, which the kernel closes when the holder dies. When nobody has
 * been there for a while, `onUnused` is called; a request in between starts the time again.
 */
export class Leases {
  private readonly held = new Map<ServerResponse, string | undefined>();
  private readonly onUnused: () => void;
  private timer: NodeJS.Timeout;
  private hasEnded = false;

  constructor(onUnused: () => void) {
    this.onUnused = onUnused;
    this.timer = setTimeout(onUnused, FIRST_LEASE_MS);
  }

  /** @param spool the folder whose files this holder may have inserted */
  take(response: ServerResponse, spool: string | undefined): void {
    // The store is ending: whoever comes now is to start the next one.
    if (this.hasEnded) {
      response.destroy();
      return;
    }
    this.held.set(response, spool === undefined ? undefined : realpathSync(spool));
    clearTimeout(this.timer);
    response.once('close', () => {
      this.held.delete(response);
      this.touch();
    });
    // Nothing else is ever sent: it is the connection that counts.
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.write(`${process.pid}\n`);
  }

  /** Something was done; wait again. */
  touch(): void {
    if (this.held.size > 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.onUnused, LINGER_MS);
  }

  /** Real paths of the folders that holders of now have named. */
  folders(): string[] {
    return [...this.held.values()].filter((folder) => folder !== undefined);
  }

  end(): void {
    this.hasEnded = true;
    clearTimeout(this.timer);
    for (const response of this.held.keys()) response.end();
  }
}
