#!/usr/bin/env node
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { formatError, isSkepError } from '@skep/core';
import { renderError, VmError } from '@skep/vm';
import { type MatrixArguments, parseArguments } from './arguments.js';
import { declaredSets } from './declared.js';
import { formatRows } from './format.js';
import { HERE } from './kernels.js';
import { measure } from './measure.js';
import { keepMeasured, publish } from './results.js';
import { type DeclaredSet, type MatrixRow, setKey } from './rows.js';

const WORKSPACE = fileURLToPath(new URL('../../..', import.meta.url));

try {
  const request = parseArguments(process.argv.slice(2));
  if (typeof request === 'string') process.stdout.write(request);
  else process.exitCode = await run(request);
} catch (error) {
  if (isSkepError(error)) process.stderr.write(`${formatError(error)}\n`);
  else process.stderr.write(renderError(error));
  process.exitCode = error instanceof VmError ? error.exitCode : 2;
}

/** 0 when no cell is wrong; as a shell has it when a signal ended it. */
async function run(request: MatrixArguments): Promise<number> {
  const stop = new AbortController();
  let stopped = 0;
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      stopped = 128 + constants.signals[name];
      stop.abort();
    });
  }
  const declared = await declaredSets(WORKSPACE, request.tools);
  const columns = new Map<string, readonly MatrixRow[]>();
  const errors: unknown[] = [];
  const one = async (kernel: string): Promise<void> => {
    try {
      columns.set(kernel, await column(kernel, declared, { ...request, signal: stop.signal }));
    } catch (error) {
      errors.push(error);
    }
  };
  // The one here first and alone: its tests are the ones that others on the machine disturb.
  if (request.kernels.includes(HERE)) await one(HERE);
  const guests = request.kernels.filter((kernel) => kernel !== HERE);
  const worker = async (): Promise<void> => {
    for (let kernel = guests.shift(); kernel !== undefined && stopped === 0; kernel = guests.shift()) {
      await one(kernel);
    }
  };
  await Promise.all(Array.from({ length: request.jobs }, worker));
  if (stopped !== 0) return stopped;
  const rows = request.kernels.flatMap((kernel) => columns.get(kernel) ?? []);
  if (rows.length > 0) process.stdout.write(formatRows(rows, request.output));
  // A kernel that cannot be had does not take the others' results away.
  for (const error of errors) process.stderr.write(renderError(error));
  const isWrong = rows.some(({ verdict }) => verdict === 'wrong');
  if (request.publish && isWrong) process.stderr.write('matrix: not published: a cell is wrong\n');
  else if (request.publish) publish(rows, new Set((await declaredSets(WORKSPACE, [])).map(setKey)));
  if (errors.length > 0) return errors[0] instanceof VmError ? errors[0].exitCode : 1;
  return isWrong ? 1 : 0;
}

async function column(
  kernel: string,
  declared: readonly DeclaredSet[],
  options: MatrixArguments & { readonly signal: AbortSignal },
): Promise<readonly MatrixRow[]> {
  const log = (line: string): void => void process.stderr.write(`matrix: ${kernel}: ${line}\n`);
  const began = performance.now();
  const rows = await measure(kernel, declared, { ...options, log });
  log(`${rows[0]?.release ?? ''} in ${Math.round((performance.now() - began) / 1000)} s`);
  keepMeasured(kernel, rows, new Set(declared.map(({ tool }) => tool)));
  return rows;
}
