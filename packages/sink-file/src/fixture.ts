import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Batch, BatchBuilder, type OptionDefinition, parseOption, type Schema } from '@skep/core';
import { onTestFinished } from 'vitest';
import { FileSink } from './file-sink.js';
import { options, settingsOf } from './settings.js';

export function schemaOf(stream = 'opens', names: readonly string[] = ['seq'], source = 'opens'): Schema {
  const fields = names.map(
    (name) => ({ name, type: 'u32', meaning: undefined, doc: '', size: 4, labels: undefined }) as const,
  );
  return { plugin: 'opensnoop', source, stream, shape: 'events', fields, keys: [], layout: { columns: [] } };
}

/** Rows whose first column counts from `from`. */
export function batchOf(schema: Schema, from: number, rows: number): Batch {
  const builder = new BatchBuilder(schema, rows);
  for (let i = 0; i < rows; i++) builder.push({ [schema.fields[0]!.name]: from + i });
  return builder.batch();
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'skep-file-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface TestSink {
  readonly sink: FileSink;
  readonly logged: string[];
  readonly clock: { ms: number | undefined };
}

/** A sink from options as YAML gives them. */
export function sinkOf(folder: string, raw: Readonly<Record<string, unknown>>): TestSink {
  const values = Object.fromEntries(
    Object.entries(options as Readonly<Record<string, OptionDefinition>>).map(([name, definition]) => [
      name,
      name in raw ? parseOption('sink archive', name, definition, raw[name]) : definition.default,
    ]),
  );
  const logged: string[] = [];
  const note = (message: string) => void logged.push(message);
  const log = { debug: () => {}, info: note, warn: note, error: note };
  const clock: TestSink['clock'] = { ms: undefined };
  const settings = settingsOf(values as never, 'archive', folder);
  const sink = new FileSink(settings, { log }, () => clock.ms ?? Date.now());
  return { sink, logged, clock };
}

export function linesOf(path: string): string[] {
  const text = readFileSync(path, 'utf8');
  if (text !== '' && !text.endsWith('\n')) throw new Error(`${path} ends within a line`);
  return text.split('\n').slice(0, -1);
}

export function numbersOf(lines: readonly string[]): number[] {
  return lines.map((line) => JSON.parse(line).seq as number);
}

export function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

export function countTo(end: number): number[] {
  return Array.from({ length: end }, (_, i) => i);
}
