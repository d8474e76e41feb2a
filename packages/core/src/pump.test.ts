import { describe, expect, it } from 'vitest';
import type { Batch, BatchBuilder } from './batch.js';
import { Ledger, type LedgerEntry, NO_LOSSES, unaccounted } from './ledger.js';
import type { Probe } from './probe.js';
import { Pump, type PumpOptions, type Route } from './pump.js';
import type { Schema } from './schema.js';
import { field, schemaOf } from './text/fixtures.js';

const events: Schema = schemaOf([field('n')], {}, { stream: 'events' });
const tops: Schema = schemaOf([field('n')], {}, { stream: 'tops', shape: 'table' });

const INTERVAL = { timeNs: 1n, intervalNs: 1n, complete: true };

/** A kernel side in memory: a ring of so many places, and snapshots of updates. */
class FakeProbe implements Probe {
  readonly schemas: readonly Schema[];
  readonly log: string[] = [];
  readonly places: number;
  /** Numbers in the ring; rows of the snapshots that are ready. */
  ring: number[] = [];
  ready: number[][] = [];
  private counts = { ...NO_LOSSES };
  private coveredUpdates = 0n;
  private finished = false;

  constructor(schemas: readonly Schema[] = [events], places = 100) {
    this.schemas = schemas;
    this.places = places;
  }

  /** What a program does; a full ring refuses. */
  emit(...numbers: number[]): void {
    if (this.finished) throw new Error('the programs are detached');
    for (const n of numbers) {
      this.counts = { ...this.counts, attempted: this.counts.attempted + 1n };
      if (this.ring.length < this.places) this.ring.push(n);
      else this.counts = { ...this.counts, ringFull: this.counts.ringFull + 1n };
    }
  }

  /** A snapshot of `updates` updates is taken. */
  snap(rows: number[], updates: number): void {
    this.counts = { ...this.counts, attempted: this.counts.attempted + BigInt(updates) };
    this.coveredUpdates += BigInt(updates);
    this.ready.push(rows);
  }

  async open(): Promise<void> {}
  async attach(): Promise<void> {}
  async finish(): Promise<void> {
    this.log.push('finish');
    this.finished = true;
  }
  async close(): Promise<void> {
    this.log.push('close');
  }

  drain(into: BatchBuilder): number {
    if (into.schema === events) {
      const some = this.ring.splice(0, into.room);
      for (const n of some) into.push({ n });
      return some.length;
    }
    const rows = this.ready.shift();
    if (!rows) return 0;
    into.snapshot = INTERVAL;
    for (const n of rows) into.push({ n });
    return rows.length;
  }

  covered(): bigint {
    return this.coveredUpdates;
  }
  held(stream: string): bigint {
    return stream === 'events' ? BigInt(this.ring.length) : 0n;
  }
  losses() {
    return this.counts;
  }
}

/** A sink that remembers the numbers it got; `gate` holds its writes up, `fails` rejects them. */
class FakeRoute implements Route {
  readonly sink: string;
  readonly batches: number[][] = [];
  gate: Promise<void> | undefined;
  fails = false;

  constructor(sink = 'sink') {
    this.sink = sink;
  }

  async write({ rows, columns: [column] }: Batch): Promise<void> {
    await this.gate;
    if (this.fails) throw new Error('refused');
    if (column?.kind === 'number') this.batches.push([...column.values.subarray(0, rows)]);
  }

  get numbers(): number[] {
    return this.batches.flat();
  }
}

interface Rig {
  readonly pump: Pump;
  readonly ledger: Ledger;
  readonly errors: (readonly [string, string, number])[];
  /** Calls of `wait` so far. */
  waits: number;
}

/** A pump over the probe; `onWait` stands for the time that passes, by the number of the wait. */
function rigOf(
  probe: Probe,
  routes: readonly Route[],
  onWait: (n: number, rig: Rig) => void,
  more: Partial<PumpOptions> = {},
): Rig {
  const ledger = new Ledger();
  const errors: Rig['errors'] = [];
  const pump = new Pump({
    source: 'tool',
    probe,
    routes,
    ledger,
    wait: async () => onWait(++rig.waits, rig),
    onSinkError: (sink, error, rows) => errors.push([sink, (error as Error).message, rows]),
    ...more,
  });
  const rig: Rig = { pump, ledger, errors, waits: 0 };
  return rig;
}

function gated(): { readonly promise: Promise<void>; open(): void } {
  let open = () => {};
  const promise = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function expectBalanced(ledger: Ledger): readonly LedgerEntry[] {
  for (const entry of ledger.all()) expect(unaccounted(entry), `${entry.stream} -> ${entry.sink}`).toBe(0n);
  return ledger.all();
}

describe('a pump', () => {
  it('moves events to every sink in order, then detaches, drains the rest and closes', async () => {
    const probe = new FakeProbe();
    const routes = [new FakeRoute('a'), new FakeRoute('b')];
    const rig = rigOf(probe, routes, (n, { pump }) => {
      probe.emit(n * 2, n * 2 + 1);
      if (n === 3) pump.stop();
    });
    await rig.pump.run();
    for (const { numbers } of routes) expect(numbers).toEqual([2, 3, 4, 5, 6, 7]);
    expect(probe.log).toEqual(['finish', 'close']);
    const [entry] = expectBalanced(rig.ledger);
    expect(entry).toMatchObject({ source: 'tool', stream: 'events', attempted: 6n, delivered: 6n, held: 0n });
  });

  it('does not drain while a sink is busy: the ring fills, and the kernel counts the loss', async () => {
    const probe = new FakeProbe([events], 10);
    const [quick, slow] = [new FakeRoute('quick'), new FakeRoute('slow')];
    const { promise, open } = gated();
    slow.gate = promise;
    probe.emit(1, 2, 3);
    const rig = rigOf(probe, [quick, slow], (_, { pump }) => pump.stop());
    const running = rig.pump.run();
    await turn();
    probe.emit(...Array.from({ length: 15 }, (_, i) => 10 + i));
    await turn();
    expect(quick.batches).toEqual([[1, 2, 3]]);
    expect(probe.ring).toHaveLength(10);
    open();
    await running;
    expect(slow.numbers).toEqual(quick.numbers);
    expect(quick.numbers).toHaveLength(13);
    expect(expectBalanced(rig.ledger)[0]).toMatchObject({ attempted: 18n, delivered: 13n, ringFull: 5n });
  });

  it('delivers what is left when it is stopped during a slow write', async () => {
    const probe = new FakeProbe();
    const slow = new FakeRoute();
    const { promise, open } = gated();
    slow.gate = promise;
    probe.emit(1);
    const rig = rigOf(probe, [slow], () => undefined);
    const running = rig.pump.run();
    await turn();
    rig.pump.stop();
    probe.emit(2, 3);
    open();
    await running;
    expect(slow.numbers).toEqual([1, 2, 3]);
    expectBalanced(rig.ledger);
  });

  it('goes on when a sink refuses a batch, and the other sinks get it', async () => {
    const probe = new FakeProbe();
    const [good, bad] = [new FakeRoute('good'), new FakeRoute('bad')];
    const rig = rigOf(probe, [good, bad], (n, { pump }) => {
      probe.emit(n, n);
      bad.fails = n === 1;
      if (n === 2) pump.stop();
    });
    await rig.pump.run();
    expect(good.numbers).toEqual([1, 1, 2, 2]);
    expect(bad.numbers).toEqual([2, 2]);
    expect(rig.errors).toEqual([['bad', 'refused', 2]]);
    const entries = expectBalanced(rig.ledger);
    expect(entries.find(({ sink }) => sink === 'bad')).toMatchObject({ delivered: 2n, sinkFailed: 2n });
  });

  it('counts what filters take out, and does not write what is empty', async () => {
    const probe = new FakeProbe();
    const route = new FakeRoute();
    const odd: Route = {
      sink: 'odd',
      process: (batch) => [{ ...batch, rows: 0 }],
      write: (batch) => route.write(batch),
    };
    probe.emit(1, 2, 3);
    const rig = rigOf(probe, [odd], (_, { pump }) => pump.stop());
    await rig.pump.run();
    expect(route.batches).toEqual([]);
    expect(expectBalanced(rig.ledger)[0]).toMatchObject({ attempted: 3n, filtered: 3n, delivered: 0n });
  });

  it('counts a filter that throws as a failure of its sink', async () => {
    const probe = new FakeProbe();
    probe.emit(1, 2);
    const broken: Route = {
      sink: 'broken',
      process: () => {
        throw new Error('no such field');
      },
      write: async () => undefined,
    };
    const rig = rigOf(probe, [broken], (_, { pump }) => pump.stop());
    await rig.pump.run();
    expect(rig.errors).toEqual([['broken', 'no such field', 2]]);
    expect(expectBalanced(rig.ledger)[0]).toMatchObject({ sinkFailed: 2n });
  });

  it('sends a stream only where it is accepted', async () => {
    const probe = new FakeProbe([events, tops]);
    const route = Object.assign(new FakeRoute(), { accepts: (schema: Schema) => schema === tops });
    probe.emit(1);
    probe.snap([7], 0);
    const rig = rigOf(probe, [route], (_, { pump }) => pump.stop());
    await rig.pump.run();
    expect(route.batches).toEqual([[7]]);
    expect(rig.ledger.all().map(({ stream }) => stream)).toEqual(['tops']);
  });

  it('closes the probe when draining fails, and says what it held', async () => {
    const probe = new FakeProbe();
    probe.emit(1, 2);
    probe.drain = () => {
      throw new Error('the ring is corrupt');
    };
    const rig = rigOf(probe, [new FakeRoute()], () => undefined);
    await expect(rig.pump.run()).rejects.toThrow('corrupt');
    expect(probe.log).toEqual(['close']);
    expect(expectBalanced(rig.ledger)[0]).toMatchObject({ attempted: 2n, held: 2n });
  });

  it('lets timers run while there is always more to drain', async () => {
    const probe = new FakeProbe([events], 20_000);
    const endless = Array.from({ length: 9000 }, (_, i) => i);
    const route = new FakeRoute();
    route.write = async () => {
      if (probe.ring.length < 10_000) probe.emit(...endless);
    };
    probe.emit(...endless);
    const rig = rigOf(probe, [route], () => undefined);
    const timer = setTimeout(() => {
      route.write = async () => undefined;
      rig.pump.stop();
    }, 20);
    await rig.pump.run();
    clearTimeout(timer);
    expect(rig.waits).toBe(0);
    expectBalanced(rig.ledger);
  });
});

describe('snapshots', () => {
  it('are accounted by the updates they cover, not by their rows', async () => {
    const probe = new FakeProbe([tops]);
    const route = new FakeRoute();
    const rig = rigOf(probe, [route], (n, { pump }) => {
      if (n === 1) probe.snap([1, 2], 500);
      if (n === 2) probe.snap([3], 41);
      if (n === 3) pump.stop();
    });
    await rig.pump.run();
    expect(route.batches).toEqual([[1, 2], [3]]);
    expect(expectBalanced(rig.ledger)[0]).toMatchObject({ attempted: 541n, delivered: 541n });
  });

  it('arrive when they are empty', async () => {
    const probe = new FakeProbe([tops]);
    const route = new FakeRoute();
    probe.snap([], 0);
    await rigOf(probe, [route], (_, { pump }) => pump.stop()).pump.run();
    expect(route.batches).toEqual([[]]);
  });

  it('that a sink refuses are lost with all their updates', async () => {
    const probe = new FakeProbe([tops]);
    const route = new FakeRoute();
    const rig = rigOf(probe, [route], (n, { pump }) => {
      probe.snap([1, 2], 100);
      route.fails = n === 1;
      if (n === 2) pump.stop();
    });
    await rig.pump.run();
    expect(expectBalanced(rig.ledger)[0]).toMatchObject({ attempted: 200n, delivered: 100n, sinkFailed: 100n });
    expect(rig.errors).toEqual([['sink', 'refused', 2]]);
  });

  it('over which code of the plugin throws are lost with all their updates, and the next are tried', async () => {
    const probe = new FakeProbe([tops]);
    const route = new FakeRoute();
    const faults: unknown[] = [];
    const drain = probe.drain.bind(probe);
    probe.drain = (into) => {
      const rows = drain(into);
      if (rows === 2) throw new TypeError('no such column');
      return rows;
    };
    const onSourceError = (...fault: unknown[]) => void faults.push(fault);
    const rig = rigOf(
      probe,
      [route],
      (n, { pump }) => {
        probe.snap(n === 1 ? [1, 2] : [3], 100);
        if (n === 2) pump.stop();
      },
      { onSourceError },
    );
    await rig.pump.run();
    expect(route.batches).toEqual([[3]]);
    expect(expectBalanced(rig.ledger)[0]).toMatchObject({ attempted: 200n, delivered: 100n, sinkFailed: 100n });
    expect(faults).toEqual([['tool', new TypeError('no such column'), 100]]);
  });

  it('that a filter empties are delivered all the same', async () => {
    const probe = new FakeProbe([tops]);
    const route = Object.assign(new FakeRoute(), { process: (batch: Batch) => [{ ...batch, rows: 0 }] });
    probe.snap([1, 2], 9);
    const rig = rigOf(probe, [route], (_, { pump }) => pump.stop());
    await rig.pump.run();
    expect(route.batches).toEqual([[]]);
    expect(expectBalanced(rig.ledger)[0]).toMatchObject({ delivered: 9n, filtered: 0n });
  });

  it('end the run when the wanted number has come; the rest is held', async () => {
    const probe = new FakeProbe([tops]);
    const route = new FakeRoute();
    const rig = rigOf(probe, [route], (n) => probe.snap([n], 10), { snapshots: 2 });
    const finish = probe.finish.bind(probe);
    probe.finish = async () => {
      probe.snap([99], 7);
      await finish();
    };
    await rig.pump.run();
    expect(route.batches).toEqual([[1], [2]]);
    expect(expectBalanced(rig.ledger)[0]).toMatchObject({ attempted: 27n, delivered: 20n, held: 7n });
  });
});

describe('a reload', () => {
  it('charges a new sink only with what comes after it, and an old one only with what came before', async () => {
    const probe = new FakeProbe([events], 4);
    const [stays, goes, comes] = [new FakeRoute('stays'), new FakeRoute('goes'), new FakeRoute('comes')];
    const rig = rigOf(probe, [stays, goes], (n, { pump }) => {
      probe.emit(n, n, n, n, n, n);
      if (n === 2) pump.setRoutes([stays, comes]);
      if (n === 3) pump.setRoutes([stays, comes, goes]);
      if (n === 4) pump.stop();
    });
    await rig.pump.run();
    expect([goes.numbers, comes.numbers].map((numbers) => [...new Set(numbers)])).toEqual([
      [1, 3, 4],
      [2, 3, 4],
    ]);
    const entries = expectBalanced(rig.ledger);
    const lost = entries.map(({ sink, delivered, ringFull }) => [sink, delivered, ringFull]);
    // Six at a time, four fit. A sink answers for what the ring refused while it was there: after the second reload.
    expect(lost).toEqual([
      ['stays', 16n, 8n],
      ['goes', 12n, 6n],
      ['comes', 12n, 4n],
    ]);
  });

  it('goes on with the account of the pump it replaces', async () => {
    const ledger = new Ledger();
    for (const numbers of [
      [1, 2, 3],
      [4, 5, 6, 7, 8],
    ]) {
      const probe = new FakeProbe([events], 4);
      probe.emit(...numbers);
      const { pump } = rigOf(probe, [new FakeRoute()], () => pump.stop(), { ledger });
      await pump.run();
    }
    expect(expectBalanced(ledger)).toMatchObject([{ attempted: 8n, delivered: 7n, ringFull: 1n }]);
  });

  it('during a write leaves that batch with the sinks it was sent to', async () => {
    const probe = new FakeProbe();
    const [old, fresh] = [new FakeRoute('old'), new FakeRoute('fresh')];
    const { promise, open } = gated();
    old.gate = promise;
    probe.emit(1, 2);
    const rig = rigOf(probe, [old], (_, { pump }) => pump.stop());
    const running = rig.pump.run();
    await turn();
    probe.emit(3);
    rig.pump.setRoutes([fresh]);
    open();
    await running;
    expect([old.numbers, fresh.numbers]).toEqual([[1, 2], [3]]);
    expectBalanced(rig.ledger);
  });
});
