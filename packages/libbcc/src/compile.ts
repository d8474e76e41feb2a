import { spawn, spawnSync } from 'node:child_process';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type Log, SkepError } from '@skep/core';
import { MapOfFd } from '@skep/libbpf';
import {
  type CompiledTable,
  type CompileRequest,
  type CompileResponse,
  LAYOUT_TABLE,
  NOT_COMPILED,
  type UsdtPlace,
  type UsdtRequest,
} from './compiler/protocol.js';
import { compileErrors, isBehindText, type ProgramText } from './diagnostics.js';
import { findKernelHeaders, HEADERS_REMEDY, headersMismatch } from './headers.js';
import { arrayTypedefs, withArrays } from './layout/array-typedefs.js';
import type { DescribedStruct } from './layout/event-layout.js';
import { closeDescriptor, receiveDescriptors, socketPair } from './native/descriptors.js';
import { structNames } from './text/struct-names.js';

/** A program that has been compiled: instructions by function, and tables that exist in the kernel. */
export interface CompiledProgram {
  readonly license: string;
  /** Instructions whose maps are the descriptors of `tables`. */
  readonly functions: ReadonlyMap<string, Uint8Array>;
  readonly tables: readonly CompiledMap[];
  readonly usdt: readonly UsdtPlace[];
  /** The structs that the text declares. */
  readonly structs: readonly DescribedStruct[];
}

export interface CompiledMap {
  readonly described: CompiledTable;
  /** The caller closes it. */
  readonly map: MapOfFd;
}

export interface CompileOptions {
  readonly cflags?: readonly string[];
  readonly usdt?: readonly UsdtRequest[];
  readonly log: Log;
}

/** From the sources, too, as tests run them: a process needs what is compiled. */
const COMPILER = fileURLToPath(new URL('../dist/compiler/main.js', import.meta.url));
/** A compiler that has not answered in this time is ended. A program takes a second, and twenty on an emulated machine. */
const TIMEOUT_MS = 300_000;
/** What is kept of the compiler's output; a verifier log may be longer, and then its end says why. */
const MOST_OUTPUT = 4 << 20;

/** Never two at a time: each takes 150 MB while it runs. */
let queue: Promise<unknown> = Promise.resolve();

/**
 * Compile a program in a process of its own, which makes the tables and ends: the memory of LLVM, and what it may do
 * wrong, stay out of this one.
 *
 * @throws SkepErrors SKEP_COMPILE with the places in the text; SKEP_LIBRARY when libbcc or kernel headers are missing;
 *   SKEP_PERMISSION; SKEP_ATTACH when a USDT probe is not there.
 */
export async function compileProgram(program: ProgramText, options: CompileOptions): Promise<CompiledProgram> {
  const { cflags = [], usdt = [], log } = options;
  warnOfHeaders(log);
  const layouts = structNames(program.text);
  const request = { text: program.text, cflags, usdt, layouts };
  let answer = await inTurn(request);
  // A struct that only some conditions declare has no layout: what is wrong then is not the user's mistake.
  if (!answer.response.compiled && layouts.length > 0 && isBehindText(program, answer.output)) {
    answer = await inTurn({ ...request, layouts: [] });
  }
  const { response, output, fds } = answer;
  if (response.error) {
    const { code, message, remedy } = response.error;
    throw new SkepError(code, message, remedy);
  }
  if (!response.compiled) {
    if (!findKernelHeaders() && !/error:/.test(output)) {
      throw new SkepError('SKEP_LIBRARY', 'programs cannot be compiled: there are no kernel headers', HEADERS_REMEDY, {
        details: output,
      });
    }
    throw compileErrors(program, output);
  }
  if (output.trim() !== '') log.debug(`libbcc: ${output.trim()}`);
  return takeOver(program.text, response, fds);
}

/**
 * The verifier's log of one function with its lines of source, which only the compiler's process can add; '' when it has
 * none. Waits for that process: it is asked only when a program has been refused.
 */
export function explainVerifier(
  program: ProgramText,
  { cflags = [], usdt = [] }: CompileOptions,
  explain: NonNullable<CompileRequest['explain']>,
): string {
  const request: CompileRequest = { text: program.text, cflags, usdt, layouts: [], explain };
  const { stdout, stderr } = spawnSync(process.execPath, [COMPILER], {
    input: JSON.stringify(request),
    stdio: ['pipe', 'pipe', 'pipe', 'ignore', 'pipe'],
    encoding: 'utf8',
    maxBuffer: MOST_OUTPUT,
    timeout: TIMEOUT_MS,
  });
  return stdout + stderr;
}

let warned = false;

function warnOfHeaders(log: Log): void {
  const mismatch = headersMismatch(findKernelHeaders());
  if (mismatch !== undefined && !warned) log.warn(mismatch);
  warned ||= mismatch !== undefined;
}

interface Answer {
  readonly response: CompileResponse;
  /** What libbcc has written to standard error. */
  readonly output: string;
  readonly fds: readonly number[];
}

function inTurn(request: CompileRequest): Promise<Answer> {
  const answer = queue.then(() => run(request));
  queue = answer.catch(() => undefined);
  return answer;
}

async function run(request: CompileRequest): Promise<Answer> {
  const [ours, theirs] = socketPair();
  try {
    const stdio = ['pipe', 'pipe', 'pipe', theirs, 'pipe'] as const;
    const child = spawn(process.execPath, [COMPILER], { stdio: [...stdio], timeout: TIMEOUT_MS });
    const said = collect(child.stdout!, child.stderr!);
    const response = collect(child.stdio[4] as Readable);
    // A compiler that ends early says why on standard error.
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(JSON.stringify(request));
    const code = await new Promise<number | string>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => resolve(signal ?? status ?? 0));
    });
    const output = said();
    const fds = receiveDescriptors(ours);
    if (code === 0) return { response: JSON.parse(response()) as CompileResponse, output, fds };
    for (const fd of fds) closeDescriptor(fd);
    if (code === 'SIGTERM') {
      throw new SkepError('SKEP_COMPILE', `the compiler has not answered in ${TIMEOUT_MS / 1000} s and was ended`);
    }
    // libbcc does not survive every text; what it said before it fell is the best there is.
    if (typeof code === 'string' && /error:/.test(output)) return { response: NOT_COMPILED, output, fds: [] };
    throw new SkepError('SKEP_COMPILE', `the compiler has ended with ${code}`, reasonIn(output), { details: output });
  } finally {
    closeDescriptor(ours);
    closeDescriptor(theirs);
  }
}

/** What was thrown, or else the last line. */
function reasonIn(output: string): string {
  const lines = output.trim().split('\n');
  return lines.find((line) => /^\w*Error: /.test(line)) ?? lines.at(-1)!;
}

function collect(...streams: readonly Readable[]): () => string {
  const chunks: Buffer[] = [];
  let length = 0;
  const keep = (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    while (length - chunks[0]!.length > MOST_OUTPUT) length -= chunks.shift()!.length;
  };
  for (const stream of streams) stream.on('data', keep);
  return () => Buffer.concat(chunks).toString('utf8');
}

function takeOver(text: string, response: CompileResponse, fds: readonly number[]): CompiledProgram {
  if (fds.length !== response.tables.length) {
    for (const fd of fds) closeDescriptor(fd);
    const counts = `${fds.length} of ${response.tables.length}`;
    throw new SkepError(
      'SKEP_INTERNAL',
      `the compiler's process has passed ${counts} tables`,
      'is this process out of file descriptors?',
    );
  }
  const typedefs = arrayTypedefs(text);
  const all = response.tables.map((table, i) => {
    const { name, type, keySize, leafSize, maxEntries } = table;
    const [key, leaf] = [withArrays(table.key, keySize, typedefs), withArrays(table.leaf, leafSize, typedefs)];
    const described = { ...table, key, leaf };
    const map = new MapOfFd({ name, fd: fds[i]!, type, keySize, valueSize: leafSize, maxEntries });
    return { described, map };
  });
  const numbers = new Map(all.map(({ described, map }) => [described.fd, map.fd]));
  const isLayout = ({ described }: CompiledMap) => described.name.startsWith(LAYOUT_TABLE);
  const functions = response.functions.map(
    ({ name, instructions }) => [name, withMaps(Buffer.from(instructions, 'base64'), numbers)] as const,
  );
  for (const { map } of all.filter(isLayout)) map.close();
  return {
    license: response.license,
    functions: new Map(functions),
    tables: all.filter((one) => !isLayout(one)),
    usdt: response.usdt,
    structs: all.filter(isLayout).map(({ described }) => ({ json: described.leaf, size: described.leafSize })),
  };
}

const LOAD_64 = 0x18;
const PSEUDO_MAP_FD = 1;

/** Instructions that load the address of a map name it by the descriptor of the process that compiled. */
function withMaps(code: Uint8Array, numbers: ReadonlyMap<number, number>): Uint8Array {
  const bytes = Uint8Array.from(code);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += 8) {
    if (bytes[at] !== LOAD_64) continue;
    if (bytes[at + 1]! >> 4 === PSEUDO_MAP_FD) {
      const fd = numbers.get(view.getInt32(at + 4, true));
      if (fd === undefined) throw new SkepError('SKEP_INTERNAL', 'a compiled program refers to an unknown table');
      view.setInt32(at + 4, fd, true);
    }
    at += 8;
  }
  return bytes;
}
