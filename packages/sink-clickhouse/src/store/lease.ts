import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';

/** A store that runs, and that stays as long as this connection. */
export interface Lease {
  readonly pid: number;
  /** Settles when the connection has ended, from either side. */
  readonly ended: Promise<void>;
  end(): void;
}

/** Undefined when nobody listens. */
export async function takeLease(socketPath: string, spool: string | undefined): Promise<Lease | undefined> {
  const path = spool === undefined ? '/lease' : `/lease?spool=${encodeURIComponent(spool)}`;
  const sent = request({ socketPath, path, agent: false });
  sent.end();
  const response = await responseTo(sent);
  if (!response) return undefined;
  // A connection that is cut is an error too; its end is said by `ended` alone.
  response.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => response.once('close', resolve));
  const [first] = (await Promise.race([once(response, 'data'), ended.then(() => [''])])) as [Buffer | string];
  if (response.statusCode !== 200) throw new Error(String(first).trim());
  response.resume();
  return { pid: Number(String(first)), ended, end: () => sent.destroy() };
}

async function responseTo(sent: ClientRequest): Promise<IncomingMessage | undefined> {
  try {
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    sent.on('error', () => undefined);
    return response;
  } catch (error) {
    if (['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}
