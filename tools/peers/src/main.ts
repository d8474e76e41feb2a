#!/usr/bin/env node
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { renderError, runInVm, VmError } from '@skep/vm';
import { type Comparison, compare, type RunFacts } from './compare.js';
import { reportText } from './report.js';
import { TOOLS, type Tool } from './tools.js';

const USAGE = `Usage: main.js [tool...] [options]

  ${TOOLS.map(({ name }) => name).join(', ')}; all of them when none is named

  --kernel NAME    a kernel of tools/vm (6.1)
  --memory MIB     of the guest (4000)
  --out FOLDER     keep what both printed there
  --compare FOLDER compare what an earlier run kept, without a boot
  --json           one line of JSON per tool
`;
const WORKSPACE = fileURLToPath(new URL('../../..', import.meta.url));
const TIMEOUT_MS = 2_400_000;

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`peers: ${error instanceof VmError ? renderError(error) : (error as Error).message}\n`);
  process.exitCode = 2;
}

/** 0 when everything that could be compared is the same, else 1. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      kernel: { type: 'string', default: '6.1' },
      memory: { type: 'string', default: '4000' },
      out: { type: 'string' },
      compare: { type: 'string' },
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  const tools = positionals.length === 0 ? TOOLS : TOOLS.filter(({ name }) => positionals.includes(name));
  if (values.help || tools.length < positionals.length) {
    (values.help ? process.stdout : process.stderr).write(USAGE);
    return values.help ? 0 : 2;
  }
  let folder = values.compare;
  if (folder === undefined) {
    folder = resolve(values.out ?? mkdtempSync(join(tmpdir(), 'skep-peers-')));
    await trace(tools, values.kernel, Number(values.memory), folder);
    if (values.out === undefined) process.stderr.write(`peers: what both printed is in ${folder}\n`);
  }
  const found = tools.filter(({ name }) => existsSync(join(folder, name, 'facts.json')));
  const comparisons = found.map((tool) => compareFolder(tool, join(folder, tool.name)));
  const text = values.json ? comparisons.map((one) => JSON.stringify(one)).join('\n') : reportText(comparisons);
  process.stdout.write(`${text}\n`);
  for (const { name } of tools.filter((tool) => !found.includes(tool)))
    process.stderr.write(`peers: ${name}: not run\n`);
  return found.length === tools.length && comparisons.every(({ same }) => same !== false) ? 0 : 1;
}

async function trace(tools: readonly Tool[], kernel: string, memoryMb: number, out: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  const guest = relative(WORKSPACE, fileURLToPath(new URL('guest.js', import.meta.url)));
  const result = await runInVm({
    kernel,
    headers: true,
    memoryMb,
    cwd: WORKSPACE,
    command: [process.execPath, guest, '/vmout', ...tools.map(({ name }) => name)],
    modules: ['null_blk nr_devices=1 irqmode=2 completion_nsec=5000000'],
    out,
    timeoutMs: TIMEOUT_MS,
    stderr: process.stderr,
    log: (line) => process.stderr.write(`peers: ${line}\n`),
  });
  writeFileSync(join(out, 'console.log'), result.console);
  if (result.exitCode !== 0) process.stderr.write(`peers: the guest ended with ${result.exitCode}\n`);
}

function compareFolder(tool: Tool, folder: string): Comparison {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return compare(tool, JSON.parse(read('facts.json')) as RunFacts, {
    stdout: { bcc: read('bcc.out'), skep: read('skep.out') },
    stderr: { bcc: read('bcc.err'), skep: read('skep.err') },
  });
}
