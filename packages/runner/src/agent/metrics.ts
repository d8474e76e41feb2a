import { createServer, type Server } from 'node:http';
import { isDeepStrictEqual } from 'node:util';
import { type LedgerEntry, SkepError } from '@skep/core';
import { VERSION } from '../version.js';

/** Counters of the ledger that become `skep_events_total{outcome="..."}`. */
const OUTCOMES = [
  ['delivered', 'delivered'],
  ['filtered', 'filtered'],
  ['ringFull', 'ring_full'],
  ['mapFull', 'map_full'],
  ['sinkFailed', 'sink_failed'],
] as const;

/**
 * The ledger in Prometheus' text format.
 * @see https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function metricsText(entries: readonly LedgerEntry[], agent: string): string {
  const lines = [
    '# HELP skep_agent_info The agent by its name, and the version of skep.',
    '# TYPE skep_agent_info gauge',
    `skep_agent_info{name="${escapeLabel(agent)}",version="${VERSION}"} 1`,
    '# HELP skep_attempted_total Events the kernel side tried to send, by stream and sink.',
    '# TYPE skep_attempted_total counter',
    ...entries.map((entry) => `skep_attempted_total{${labels(entry)}} ${entry.attempted}`),
    '# HELP skep_events_total What became of them.',
    '# TYPE skep_events_total counter',
    ...entries.flatMap((entry) =>
      OUTCOMES.map(([key, outcome]) => `skep_events_total{${labels(entry)},outcome="${outcome}"} ${entry[key]}`),
    ),
    '# HELP skep_held Events that wait: in the kernel to be drained, or in a processor that gathers them.',
    '# TYPE skep_held gauge',
    ...entries.map((entry) => `skep_held{${labels(entry)}} ${entry.held}`),
    '# HELP skep_skipped_runs_total Runs of the source’s programs that the kernel skipped: what they would have counted is not known.',
    '# TYPE skep_skipped_runs_total counter',
    ...entries.map((entry) => `skep_skipped_runs_total{${labels(entry)}} ${entry.skippedRuns}`),
    '# HELP process_resident_memory_bytes Resident memory of the agent.',
    '# TYPE process_resident_memory_bytes gauge',
    `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
  ];
  return `${lines.join('\n')}\n`;
}

function escapeLabel(text: string): string {
  return text.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n');
}

/** Names of instances and streams hold no characters that need escaping. */
function labels({ source, stream, sink }: LedgerEntry): string {
  return `source="${source}",stream="${stream}",sink="${sink}"`;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** The endpoint `/metrics`, at an address that a reload may change. The server does not keep the process alive. */
export class MetricsServer {
  private readonly read: () => string;
  private address: Address | undefined;
  private server: Server | undefined;

  /** @param read the text of the moment, see `metricsText` */
  constructor(read: () => string) {
    this.read = read;
  }

  /**
   * Serve at `address`, or nowhere, from now on; returns what goes back to where it was before.
   *
   * @throws SkepError SKEP_CONFIG when the address cannot be listened on; the old one is served on.
   */
  async listen(address: Address | undefined): Promise<() => Promise<void>> {
    const { address: oldAddress } = this;
    if (isDeepStrictEqual(address, oldAddress)) return async () => undefined;
    const server = address && (await serve(address, this.read));
    await this.close();
    this.address = address;
    this.server = server;
    return async () => void (await this.listen(oldAddress));
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    this.server?.close();
    this.server = undefined;
    this.address = undefined;
  }
}

async function serve({ host, port }: Address, read: () => string): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('see /metrics\n');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(read());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      const remedy = 'choose another address for agent.metrics';
      reject(
        new SkepError('SKEP_CONFIG', `metrics cannot listen on ${host}:${port}: ${cause.message}`, remedy, { cause }),
      );
    });
    server.listen(port, host, resolve);
  });
  server.unref();
  return server;
}
