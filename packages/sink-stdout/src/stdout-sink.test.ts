import { BatchBuilder, type Field, type Schema, type Shape } from '@skep/core';
import { describe, expect, it } from 'vitest';
import { isBrokenPipe } from './broken-pipe.js';
import definition from './definition.js';
import { createStdoutSink, type StdoutOptions } from './stdout-sink.js';

function schemaOf(source: string, names: readonly string[], rest: Partial<Schema> = {}): Schema {
  const fields = names.map(
    (name): Field => ({ name, type: 'u32', meaning: undefined, doc: '', size: 4, labels: undefined }),
  );
  const columns = names.map((field) => ({ field, width: -5 }));
  const layout = { columns, banner: `Tracing ${source}...` };
  const shape: Shape = 'events';
  return { plugin: source, source, stream: 'rows', shape, fields, keys: [], layout, ...rest };
}

function batchOf(schema: Schema, ...rows: Record<string, number>[]) {
  const builder = new BatchBuilder(schema);
  for (const row of rows) builder.push(row);
  return builder.batch();
}

/** A sink, and the chunks it wrote. */
async function sinkFor(schemas: readonly Schema[], options: StdoutOptions = {}, isTTY = false) {
  const chunks: string[] = [];
  const write = async (bytes: Uint8Array) => void chunks.push(Buffer.from(bytes).toString());
  const sink = createStdoutSink({ isTTY, write }, { environment: {}, ...options });
  await sink.open(schemas);
  return { sink, chunks };
}

const opens = schemaOf('opens', ['pid', 'err']);
const execs = schemaOf('executions', ['pid', 'ret']);

describe('one stream', () => {
  it('is printed as its tool prints it, one write per batch', async () => {
    const { sink, chunks } = await sinkFor([opens]);
    await sink.write(batchOf(opens, { pid: 1, err: 2 }, { pid: 3, err: 4 }));
    await sink.write(batchOf(opens, { pid: 5, err: 6 }));
    await sink.close();
    expect(chunks).toEqual(['Tracing opens...\nPID   ERR\n1     2\n3     4\n', '5     6\n']);
  });

  it.each([
    ['json', '{"pid":1,"err":2}\n'],
    ['csv', 'pid,err\n1,2\n'],
    ['logfmt', 'pid=1 err=2\n'],
  ] as const)('is untagged as %s', async (format, text) => {
    const { sink, chunks } = await sinkFor([opens], { format });
    await sink.write(batchOf(opens, { pid: 1, err: 2 }));
    expect(chunks).toEqual([text]);
  });

  it('takes fields and leaves headers out', async () => {
    const { sink, chunks } = await sinkFor([opens], { fields: ['err', 'pid'], headers: false });
    await sink.write(batchOf(opens, { pid: 1, err: 2 }));
    expect(chunks).toEqual(['2     1\n']);
  });

  it('refuses an unknown field before anything is written', async () => {
    await expect(sinkFor([opens], { fields: ['pdi'] })).rejects.toMatchObject({
      code: 'SKEP_OPTION',
      remedy: 'did you mean "pid"?',
    });
  });

  it('keeps its place when opened again with the same schemas', async () => {
    const { sink, chunks } = await sinkFor([opens], { format: 'csv' });
    await sink.write(batchOf(opens, { pid: 1, err: 2 }));
    await sink.open([opens]);
    await sink.write(batchOf(opens, { pid: 3, err: 4 }));
    expect(chunks.join('')).toBe('pid,err\n1,2\n3,4\n');
  });

  it('writes nothing for a batch without text', async () => {
    const { sink, chunks } = await sinkFor([opens], { headers: false });
    await sink.write(batchOf(opens));
    expect(chunks).toEqual([]);
  });

  it.each([
    ['auto', true, {}, true],
    ['auto', true, { NO_COLOR: '1' }, false],
    ['auto', true, { NO_COLOR: '' }, true],
    ['auto', true, { TERM: 'dumb' }, false],
    ['auto', false, {}, false],
    ['always', false, { NO_COLOR: '1' }, true],
    ['never', true, {}, false],
  ] as const)('color %s, terminal %s, environment %j: coloured %s', async (color, isTTY, environment, coloured) => {
    const { sink, chunks } = await sinkFor([opens], { color, environment }, isTTY);
    await sink.write(batchOf(opens, { pid: 1, err: 2 }));
    expect(chunks.join('').includes('\x1b[1m')).toBe(coloured);
  });

  it('clears a terminal before each snapshot of a top tool, and nothing else', async () => {
    const layout = { columns: [{ field: 'pid' }], clear: true };
    const top = schemaOf('top', ['pid'], { shape: 'table', layout });
    const terminal = await sinkFor([top], { color: 'never' }, true);
    await terminal.sink.write(batchOf(top, { pid: 1 }));
    expect(terminal.chunks).toEqual(['\x1b[H\x1b[JPID\n1\n']);
    const pipe = await sinkFor([top]);
    await pipe.sink.write(batchOf(top, { pid: 1 }));
    expect(pipe.chunks).toEqual(['\nPID\n1\n']);
  });
});

describe('several streams', () => {
  it('have their names in front of each line', async () => {
    const { sink, chunks } = await sinkFor([opens, execs]);
    await sink.write(batchOf(opens, { pid: 1, err: 2 }));
    await sink.write(batchOf(execs, { pid: 3, ret: 0 }, { pid: 4, ret: 1 }));
    await sink.write(batchOf(opens, { pid: 5, err: 6 }));
    expect(chunks).toEqual([
      'opens      | PID   ERR\nopens      | 1     2\n',
      'executions | PID   RET\nexecutions | 3     0\nexecutions | 4     1\n',
      'opens      | 5     6\n',
    ]);
  });

  it('have coloured names on a terminal', async () => {
    const { sink, chunks } = await sinkFor([opens, execs], { headers: false }, true);
    await sink.write(batchOf(execs, { pid: 3, ret: 0 }));
    expect(chunks).toEqual(['\x1b[33mexecutions |\x1b[0m 3     0\n']);
  });

  it('get their header again once it has scrolled away', async () => {
    const { sink, chunks } = await sinkFor([opens, execs]);
    await sink.write(batchOf(opens, { pid: 1, err: 2 }));
    for (let i = 0; i < 4; i++) await sink.write(batchOf(execs, ...Array(10).fill({ pid: 9, ret: 0 })));
    chunks.length = 0;
    await sink.write(batchOf(opens, { pid: 3, err: 4 }));
    await sink.write(batchOf(opens, { pid: 5, err: 6 }));
    expect(chunks).toEqual(['opens      | PID   ERR\nopens      | 3     4\n', 'opens      | 5     6\n']);
  });

  it('say which stream where a source has several', async () => {
    const a = schemaOf('tool', ['pid'], { stream: 'a' });
    const b = schemaOf('tool', ['pid'], { stream: 'bb' });
    const { sink, chunks } = await sinkFor([a, b], { headers: false });
    await sink.write(batchOf(a, { pid: 1 }));
    await sink.write(batchOf(b, { pid: 2 }));
    expect(chunks.join('')).toBe('tool/a  | 1\ntool/bb | 2\n');
  });

  it('of snapshots of one tool stand below one another, what begins them once', async () => {
    const layout = (banner: string) => ({ columns: [{ field: 'pid' }], banner });
    const a = schemaOf('tool', ['pid'], { stream: 'a', shape: 'table', layout: layout('Tracing...') });
    const b = schemaOf('tool', ['pid'], {
      stream: 'b',
      shape: 'table',
      layout: { columns: [], line: 'pid is {pid}!' },
    });
    const { sink, chunks } = await sinkFor([a, b]);
    for (const schema of [a, b, a, b]) await sink.write(batchOf(schema, { pid: 1 }));
    expect(chunks.join('')).toBe('Tracing...\n\nPID\n1\n\npid is 1!\n\nPID\n1\n\npid is 1!\n');
  });

  it('show a snapshot with its blank line', async () => {
    const top = schemaOf('top', ['pid'], { shape: 'table' });
    const { sink, chunks } = await sinkFor([top, opens]);
    await sink.write(batchOf(top, { pid: 1 }));
    expect(chunks).toEqual(['top   |\ntop   | PID\ntop   | 1\n']);
  });

  it('are tagged in JSON', async () => {
    const { sink, chunks } = await sinkFor([opens, execs], { format: 'json' });
    await sink.write(batchOf(execs, { pid: 3, ret: 0 }));
    expect(chunks).toEqual(['{"source":"executions","stream":"rows","pid":3,"ret":0}\n']);
  });

  it('get a new CSV header whenever the stream changes', async () => {
    const { sink, chunks } = await sinkFor([opens, execs], { format: 'csv' });
    for (const schema of [opens, opens, execs, opens]) await sink.write(batchOf(schema, { pid: 1, err: 2, ret: 3 }));
    expect(chunks.join('')).toBe(
      'source,stream,pid,err\nopens,rows,1,2\nopens,rows,1,2\n' +
        'source,stream,pid,ret\nexecutions,rows,1,3\nsource,stream,pid,err\nopens,rows,1,2\n',
    );
  });

  it('show those of the fields that they have', async () => {
    const { sink, chunks } = await sinkFor([opens, execs], { format: 'logfmt', fields: ['ret', 'pid'] });
    for (const schema of [opens, execs]) await sink.write(batchOf(schema, { pid: 1, ret: 3 }));
    expect(chunks).toEqual(['source=opens stream=rows pid=1\n', 'source=executions stream=rows ret=3 pid=1\n']);
    await expect(sinkFor([opens, execs], { fields: ['retr'] })).rejects.toMatchObject({
      remedy: 'did you mean "ret"?',
    });
    await expect(sinkFor([opens, execs], { fields: ['ret'] })).rejects.toMatchObject({ code: 'SKEP_OPTION' });
  });
});

describe('an output that is slow or gone', () => {
  it('holds back the batches behind it, and they do not mix', async () => {
    const written: string[] = [];
    let release = () => {};
    const write = async (bytes: Uint8Array) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      written.push(Buffer.from(bytes).toString());
    };
    const sink = createStdoutSink({ isTTY: false, write }, { format: 'json' });
    await sink.open([opens]);
    const first = sink.write(batchOf(opens, { pid: 1, err: 0 }));
    const second = sink.write(batchOf(opens, { pid: 2, err: 0 }));
    for (const done of [first, second]) {
      await new Promise(setImmediate);
      release();
      await done;
    }
    expect(written).toEqual(['{"pid":1,"err":0}\n', '{"pid":2,"err":0}\n']);
  });

  it('rejects with the error as its cause, and the next batch is tried again', async () => {
    const epipe = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const sink = createStdoutSink({ isTTY: false, write: () => Promise.reject(epipe) });
    await sink.open([opens]);
    for (let i = 0; i < 2; i++) {
      const error = await sink.write(batchOf(opens, { pid: 1 })).catch((reason: unknown) => reason);
      expect(error).toMatchObject({
        code: 'SKEP_SINK',
        message: 'cannot write to standard output: write EPIPE',
        cause: epipe,
      });
      expect(isBrokenPipe(error)).toBe(true);
    }
    await sink.close();
  });
});

describe('the definition', () => {
  it('is a sink with its options', () => {
    expect(Object.keys(definition.options ?? {})).toEqual(['format', 'fields', 'headers', 'color']);
  });
});
