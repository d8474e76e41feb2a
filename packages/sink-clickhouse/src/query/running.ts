import type { ClickHouseClient } from '@clickhouse/client';
import type { StoreQuestion } from '@skep/core';
import { literal } from '../schema/names.js';

const ASK_MS = 250;
/** Longest that leaving waits for the store to hear of it. */
const KILL_MS = 2000;

/** What is done about a statement while it runs: say how far it is, and end it when it is no longer wanted. */
export class RunningStatement {
  private readonly client: ClickHouseClient;
  private readonly id: string;
  private readonly isEmbedded: boolean;
  private readonly question: Pick<StoreQuestion, 'signal' | 'onProgress'>;
  private readonly sent = new AbortController();
  private readonly leave = () => void this.kill();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    client: ClickHouseClient,
    id: string,
    isEmbedded: boolean,
    question: Pick<StoreQuestion, 'signal' | 'onProgress'>,
  ) {
    this.client = client;
    this.id = id;
    this.isEmbedded = isEmbedded;
    this.question = question;
    question.signal.addEventListener('abort', this.leave);
    if (question.onProgress) this.timer = setTimeout(() => void this.report(), ASK_MS);
  }

  /** Of the request: aborted once the store was told. */
  get signal(): AbortSignal {
    return this.sent.signal;
  }

  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.question.signal.removeEventListener('abort', this.leave);
  }

  /** Closing the connection alone ends nothing on most servers. */
  private async kill(): Promise<void> {
    this.end();
    const query = `KILL QUERY WHERE query_id = ${literal(this.id)} ASYNC`;
    const killed = this.client.exec({ query, abort_signal: AbortSignal.timeout(KILL_MS) }).then(({ stream }) => {
      stream.resume();
    });
    await killed.catch(() => undefined);
    this.sent.abort();
  }

  private async report(): Promise<void> {
    const which = this.isEmbedded ? "Settings['log_comment']" : 'query_id';
    try {
      const result = await this.client.query({
        query: `SELECT elapsed, read_rows, total_rows_approx FROM system.processes WHERE ${which} = ${literal(this.id)}`,
        format: 'JSONEachRow',
      });
      const [row] = await result.json<Record<'elapsed' | 'read_rows' | 'total_rows_approx', string | number>>();
      if (row && this.timer) {
        this.question.onProgress?.({
          rows: Number(row.read_rows),
          total: Number(row.total_rows_approx),
          elapsedMs: Number(row.elapsed) * 1000,
        });
      }
    } catch {
      // Not everybody may look at system tables.
      return;
    }
    if (this.timer) this.timer = setTimeout(() => void this.report(), ASK_MS);
  }
}
