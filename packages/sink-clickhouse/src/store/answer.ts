import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { exceptionOf, statusOf } from './dialect-error.js';

/** Settles when there is room again, or nobody to send to. */
async function drained(response: ServerResponse): Promise<void> {
  const either = new AbortController();
  const { signal } = either;
  await Promise.race([once(response, 'drain', { signal }), once(response, 'close', { signal })]);
  either.abort();
}

/** The answer to one request, with ClickHouse's headers. */
export class Answer {
  private readonly tag = randomBytes(8).toString('hex');

  private readonly response: ServerResponse;

  constructor(response: ServerResponse, id: string, format: string) {
    this.response = response;
    response.setHeader('X-ClickHouse-Query-Id', id);
    response.setHeader('X-ClickHouse-Server-Display-Name', 'skep');
    response.setHeader('X-ClickHouse-Timezone', 'UTC');
    response.setHeader('X-ClickHouse-Format', format);
  }

  /** @param pieces nothing is sent before the first has come: until then an error is a status. */
  async send(pieces: AsyncIterable<Uint8Array>): Promise<void> {
    const { response } = this;
    try {
      for await (const piece of pieces) {
        if (response.destroyed) return;
        if (!response.headersSent) this.begin();
        if (!response.write(piece)) await drained(response);
      }
      if (!response.headersSent) this.begin();
      response.end();
    } catch (error) {
      this.fail(error);
    }
  }

  private begin(): void {
    this.response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
    this.response.setHeader('X-ClickHouse-Exception-Tag', this.tag);
    this.response.writeHead(200);
  }

  fail(error: unknown): void {
    const { response, tag } = this;
    if (response.destroyed) return;
    const { code, text } = exceptionOf(error);
    if (!response.headersSent) {
      response.setHeader('X-ClickHouse-Exception-Code', String(code));
      response.writeHead(statusOf(code), { 'Content-Type': 'text/plain; charset=UTF-8' });
      response.end(`${text}\n`);
      return;
    }
    // Servers from 25.11 on say so what went wrong after the first rows.
    const message = `${text}\n`;
    const bytes = Buffer.byteLength(message);
    response.end(`\r\n__exception__\r\n${tag}\r\n${message}${bytes} ${tag}\r\n__exception__\r\n`);
  }
}
