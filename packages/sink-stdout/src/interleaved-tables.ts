import { type Batch, type BatchWriter, ByteBuffer, createWriter, type Schema, visibleText } from '@skep/core';
import type { Composer } from './composer.js';
import { appendPrefixed, type Prefix, prefixOf } from './prefix.js';
import type { StreamWriterOptions } from './stream-writers.js';

/** Lines of other streams after which a stream's header counts as scrolled away. */
const HEADER_DISTANCE = 40;

/** Foregrounds that read well on dark and light: cyan, yellow, green, magenta, blue. */
const COLORS = [36, 33, 32, 35, 34];

interface Table {
  readonly writer: BatchWriter;
  readonly prefix: Prefix;
  begun: boolean;
  /** Lines of other streams since this one's header. */
  foreign: number;
}

/** The tables of several streams, each line with the name of its source in front, as `docker compose logs` prints. */
export class InterleavedTables implements Composer {
  private readonly tables = new Map<Schema, Table>();
  private readonly text = new ByteBuffer();
  private readonly create: (schema: Schema) => Table;

  constructor(schemas: readonly Schema[], options: StreamWriterOptions) {
    const names = schemas.map((schema) => nameOf(schema, schemas));
    const width = Math.max(0, ...names.map((name) => [...name].length));
    this.create = (schema) => {
      const { color = false, ...rest } = options(schema);
      const name = nameOf(schema, schemas);
      const code = color ? COLORS[this.tables.size % COLORS.length] : undefined;
      return {
        writer: createWriter('table', withoutBanner(schema), { ...rest, color, terminal: false }),
        prefix: prefixOf(name + ' '.repeat(Math.max(0, width - [...name].length)), code),
        begun: false,
        foreign: 0,
      };
    };
    for (const schema of schemas) this.tables.set(schema, this.create(schema));
  }

  /** Nothing: a header for each of many streams would fill the screen before the first row. */
  start(): void {}

  append(batch: Batch, out: ByteBuffer): void {
    const { schema } = batch;
    if (batch.rows === 0 && schema.shape === 'events') return;
    let table = this.tables.get(schema);
    if (table === undefined) this.tables.set(schema, (table = this.create(schema)));
    this.text.clear();
    if (!table.begun || table.foreign > HEADER_DISTANCE) {
      table.writer.begin(this.text);
      table.begun = true;
      table.foreign = 0;
    }
    table.writer.write(batch, this.text);
    const lines = appendPrefixed(out, this.text.view(), table.prefix);
    for (const other of this.tables.values()) if (other !== table) other.foreign += lines;
  }
}

/** The source; with the stream where a source has several. */
function nameOf(schema: Schema, schemas: readonly Schema[]): string {
  const shared = schemas.some((other) => other !== schema && other.source === schema.source);
  return visibleText(shared ? `${schema.source}/${schema.stream}` : schema.source);
}

/** `Hit Ctrl-C to end` makes no sense in the middle of other streams' lines. */
function withoutBanner(schema: Schema): Schema {
  const { banner: _, ...layout } = schema.layout;
  return { ...schema, layout };
}
