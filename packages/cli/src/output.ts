import { SkepError } from '@skep/core';
import type { Command } from 'commander';

/** `-o json` for commands that print facts. */
export function addFactFormat(command: Command): Command {
  return command.option('-o, --output <FORMAT>', 'How it is written: text or json', 'text');
}

export function isJson(command: Command): boolean {
  const { output } = command.opts<{ output: string }>();
  if (output === 'json') return true;
  if (output === 'text') return false;
  throw new SkepError('SKEP_USAGE', `--output: expected text or json, got "${output}"`);
}

export function printJson(value: unknown): void {
  const text = JSON.stringify(value, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v), 2);
  process.stdout.write(`${text}\n`);
}

/** A JSON list, written as its elements come: a line each. */
export function jsonList(): { add(value: unknown): void; end(): void } {
  let before = '[';
  return {
    add(value) {
      process.stdout.write(`${before}\n${JSON.stringify(value)}`);
      before = ',';
    },
    end() {
      process.stdout.write(before === '[' ? '[]\n' : '\n]\n');
    },
  };
}

/** Rows of cells as aligned columns, two blanks between; the last column is not padded. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  for (const row of rows) {
    const line = row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('  ');
    process.stdout.write(`${line.trimEnd()}\n`);
  }
}
