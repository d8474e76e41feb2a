import { randomUUID } from 'node:crypto';
import type { ClickHouseClient } from '@clickhouse/client';
import { type EventStore, isSkepError, type StoreAnswer, type StoreQuestion } from '@skep/core';
import type { Capabilities } from '../capabilities.js';
import { createConnection, type ServerSettings } from '../engine/connection.js';
import type { Engine } from '../engine.js';
import { literal } from '../schema/names.js';
import type { Statement } from '../sql/statement.js';
import { tokensOf } from '../sql/tokens.js';
import type { TimeStyle } from './columns.js';
import { type EditedText, edited } from './edited-text.js';
import { withoutException } from './exception-tail.js';
import { oneStatement } from './mistakes.js';
import { placeholdersOf, valuesFor, writtenOut } from './placeholders.js';
import { type Asked, type Names, queryError } from './query-error.js';
import { RunningStatement } from './running.js';
import { readRows } from './tsv.js';
import { wholeSeconds } from './whole-seconds.js';

/** A statement may be silent for as long as it runs: the longest time a timer takes. */
const PATIENCE_MS = 2 ** 31 - 1;

const FORMATS = { rows: 'TabSeparatedWithNamesAndTypes', json: 'JSONEachRow', csv: 'CSVWithNames' } as const;

export interface ClickHouseStoreOptions {
  readonly settings: ServerSettings;
  readonly database: string;
  /** Asks what skep itself wants to know. */
  readonly engine: Engine;
  /** Let go of what the store needs to run. */
  close?(): Promise<void>;
}

/** Tables of the sink, on a server or in the store process. */
export class ClickHouseStore implements EventStore {
  readonly name: string;
  private readonly options: ClickHouseStoreOptions;
  private readonly client: ClickHouseClient;
  /** Without a database: it may not be there. */
  private readonly control: ClickHouseClient;
  private capabilities: Capabilities | undefined;
  private zone = '';

  constructor(options: ClickHouseStoreOptions) {
    const { settings, database } = options;
    this.name = settings.name;
    this.options = options;
    this.client = createConnection(settings, { database, timeoutMs: PATIENCE_MS });
    this.control = createConnection(settings);
  }

  /** @throws StoreError when the store does not answer, or refuses us. */
  async connect(): Promise<void> {
    this.capabilities = await this.options.engine.connect();
    if (this.capabilities.unixTimes) return;
    const [row] = await this.options.engine.rows<{ zone: string }>('SELECT timezone() AS zone');
    this.zone = row?.zone ?? '';
  }

  async ask(question: StoreQuestion): Promise<StoreAnswer> {
    const { statement: given, origin } = question;
    const text = typeof given === 'string' ? given : given.text;
    const statement = oneStatement(text, origin);
    const placeholders = placeholdersOf(text);
    const defaults = typeof given === 'string' ? [] : given.parameters.map((one) => [one.name, one.default] as const);
    const values = valuesFor(placeholders, question.parameters, Object.fromEntries(defaults));
    const takesParameters = this.capabilities!.queryParameters;
    const changed = edited(text, [
      ...writtenOut(placeholders, values, takesParameters),
      ...(typeof given === 'string' ? [] : await this.timeEdits(text)),
    ]);
    const parameters = Object.fromEntries(
      placeholders.filter(({ type }) => type !== 'Identifier').map(({ name }) => [name, values[name]!]),
    );
    // Data of an INSERT may end with anything; other statements end with a semicolon at most.
    const bytes = await this.send(changed, takesParameters ? parameters : {}, question, statement);
    if (question.format !== 'rows' || statement.format !== undefined) return { kind: 'bytes', bytes };
    const asked = this.askedOf(changed, question);
    try {
      return { kind: 'rows', ...(await readRows(bytes, this.timeStyle)) };
    } catch (error) {
      throw isSkepError(error) ? error : await queryError(this.name, error, asked, this.namesFor(asked));
    }
  }

  async close(): Promise<void> {
    await this.client.close();
    await this.control.close();
    await this.options.engine.close();
    await this.options.close?.();
  }

  private get timeStyle(): TimeStyle {
    return { unix: this.capabilities!.unixTimes, zone: this.zone };
  }

  private async send(
    changed: EditedText,
    parameters: Readonly<Record<string, string>>,
    question: StoreQuestion,
    statement: Statement,
  ): Promise<AsyncIterable<Uint8Array>> {
    const asked = this.askedOf(changed, question);
    const id = randomUUID();
    const isEmbedded = this.options.settings.socketPath !== undefined;
    const running = new RunningStatement(this.control, id, isEmbedded, question);
    try {
      const { stream, response_headers } = await this.client.exec({
        query: statement.kind === 'insert' ? asked.sent : asked.sent.trim().replace(/;$/, ''),
        query_id: id,
        query_params: parameters,
        clickhouse_settings: this.settingsFor(question, statement.format === undefined),
        abort_signal: running.signal,
      });
      const tag = response_headers?.['x-clickhouse-exception-tag'];
      return this.whole(withoutException(stream, typeof tag === 'string' ? tag : undefined), running, asked);
    } catch (error) {
      running.end();
      throw await queryError(this.name, error, asked, this.namesFor(asked));
    }
  }

  /** The bytes of an answer, and its error as the user's. */
  private async *whole(bytes: AsyncIterable<Uint8Array>, running: RunningStatement, asked: Asked) {
    try {
      yield* bytes;
    } catch (error) {
      throw await queryError(this.name, error, asked, this.namesFor(asked));
    } finally {
      running.end();
    }
  }

  private settingsFor({ format, write }: StoreQuestion, isOurs: boolean): Record<string, string | number> {
    const { unixTimes, exceptionTag, queryParameters } = this.capabilities!;
    return {
      default_format: FORMATS[format],
      // 64-bit numbers with all their digits, and as numbers.
      output_format_json_quote_64bit_integers: 0,
      ...(exceptionTag ? {} : { wait_end_of_query: 1 }),
      ...(format === 'rows' && isOurs && unixTimes ? { date_time_output_format: 'unix_timestamp' } : {}),
      // Whoever asked may have been killed.
      ...(queryParameters ? { cancel_http_readonly_queries_on_client_close: 1 } : {}),
      // 2: settings may be changed by the statement, such as max_threads.
      ...(write ? {} : { readonly: 2 }),
    };
  }

  private askedOf(changed: EditedText, { statement, origin, write }: StoreQuestion): Asked {
    const { text: sent } = changed;
    // What is sent begins with the first character that is no blank.
    const skipped = sent.length - sent.trimStart().length;
    return {
      text: typeof statement === 'string' ? statement : statement.text,
      origin,
      database: this.options.database,
      write,
      sent: sent.trimStart(),
      original: (position) => changed.original(position + skipped),
    };
  }

  /** Where times are integers, a query of the library reads them as such: a server may be newer than its tables. */
  private async timeEdits(text: string): Promise<ReturnType<typeof wholeSeconds>> {
    const types = await this.options.engine.rows<{ type: string }>(
      `SELECT DISTINCT type FROM system.columns WHERE database = ${literal(this.options.database)} AND name = 'ts'`,
    );
    return types.some(({ type }) => type === 'Int64') ? wholeSeconds(text) : [];
  }

  private namesFor({ text, database }: Asked): Names {
    const from = `WHERE database = ${literal(database)}`;
    const { engine } = this.options;
    const tables = async () => {
      const rows = await engine.rows<{ name: string }>(`SELECT name FROM system.tables ${from} ORDER BY name`);
      return rows.map(({ name }) => name);
    };
    const columns = async () => {
      const words = new Set([...tokensOf(text)].map(({ start, end }) => text.slice(start, end).replace(/[`"]/g, '')));
      const used = (await tables()).filter((name) => words.has(name));
      if (used.length === 0) return [];
      const list = used.map(literal).join(', ');
      const rows = await engine.rows<{ name: string }>(
        `SELECT DISTINCT name FROM system.columns ${from} AND table IN (${list})`,
      );
      return rows.map(({ name }) => name);
    };
    return { tables, columns };
  }
}
