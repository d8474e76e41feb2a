import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';
import { KERNELS } from '@skep/vm';
import { dumpKernel, type KernelDump } from './dump.js';
import { minimiseBtf } from './minimise-btf.js';
import { formatTable, functionTable, rawTracepointTable } from './tables.js';

const FOLDER = fileURLToPath(new URL('../../../packages/libbpf/kernels', import.meta.url));

/** Describe every known kernel anew, from the cache or from the mirror and one boot. Returns the size of all in bytes. */
export async function writeDescriptions(log: (line: string) => void): Promise<number> {
  const dumps: KernelDump[] = [];
  for (const { name } of KERNELS) dumps.push(await dumpKernel(name, log));
  const files = new Map<string, Uint8Array | string>();
  for (const { name, btf } of dumps) files.set(`${name}.btf.br`, compress(minimiseBtf(btf)));
  files.set('functions.br', compress(Buffer.from(functionTable(dumps))));
  files.set('raw-tracepoints.br', compress(Buffer.from(rawTracepointTable(dumps))));
  files.set('formats.br', compress(Buffer.from(formatTable(dumps))));
  const index = dumps.map(({ name, release, pmus }) => ({
    name,
    release,
    kprobe: pmus.includes('kprobe'),
    uprobe: pmus.includes('uprobe'),
  }));
  files.set('index.json', `${JSON.stringify(index, null, 2)}\n`);
  mkdirSync(FOLDER, { recursive: true });
  for (const stale of readdirSync(FOLDER)) if (!files.has(stale)) rmSync(join(FOLDER, stale));
  let total = 0;
  for (const [name, content] of files) {
    writeFileSync(join(FOLDER, name), content);
    total += content.length;
    log(`${name}: ${Math.round(content.length / 1024)} KiB`);
  }
  return total;
}

function compress(bytes: Uint8Array): Uint8Array {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params });
}
