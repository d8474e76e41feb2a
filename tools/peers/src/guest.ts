import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunFacts } from './compare.js';
import { GROUPS, type Tool } from './tools.js';
import { log, Traced } from './traced.js';

// The part that runs inside: for each group, BCC's tools, then skep's, then the workloads; results in the folder given.

const [OUT, ...wanted] = process.argv.slice(2) as [string, ...string[]];
const SKEP = ['packages/cli/bin/skep.mjs'];
/** One tool takes BCC's compiler 40 to 200 s on an emulated processor, and a group shares the processors. */
const BCC_READY_MS = 700_000;
const SKEP_READY_MS = 180_000;

for (const group of GROUPS) {
  const tools = group.filter(({ name }) => wanted.includes(name));
  if (tools.length > 0) await runGroup(tools);
}

async function runGroup(tools: readonly Tool[]): Promise<void> {
  const bcc = tools.map((tool) => new Traced(join(OUT, tool.name, 'bcc'), `/usr/sbin/${tool.name}-bpfcc`, tool.args));
  await Promise.all(bcc.map((traced) => traced.ready(BCC_READY_MS)));
  const skep = tools.map((tool) => startSkep(tool));
  await Promise.all(skep.map((traced) => traced.ready(SKEP_READY_MS)));
  log(`${tools.map(({ name }) => name).join(', ')}: attached`);
  for (const [at, tool] of tools.entries()) await runWorkload(tool, bcc[at]!, skep[at]!);
  await Promise.all([...bcc, ...skep].map((traced) => traced.stop()));
}

function startSkep(tool: Tool): Traced {
  return new Traced(join(OUT, tool.name, 'skep'), process.execPath, [...SKEP, tool.name, ...tool.args]);
}

async function runWorkload(tool: Tool, bcc: Traced, skep: Traced): Promise<void> {
  const first = await around(tool, [bcc, skep]);
  let second = first;
  let other = skep;
  if (skep.readySeconds === null && bcc.readySeconds !== null) {
    // BCC 0.26 gives its uprobes a reference counter of no meaning: nobody else can probe these functions meanwhile.
    log(`${tool.name}: skep could not attach beside BCC, which is stopped: ${skep.errors()}`);
    await bcc.stop();
    other = startSkep(tool);
    await other.ready(SKEP_READY_MS);
    second = await around(tool, [other]);
    await other.stop();
  }
  const facts: RunFacts = {
    shells: { bcc: first.shell, skep: second.shell },
    marks: { bcc: first.marks[0]!, skep: second.marks.at(-1)! },
    readySeconds: { bcc: bcc.readySeconds, skep: other.readySeconds },
    isTogether: second === first,
  };
  writeFileSync(join(OUT, tool.name, 'facts.json'), JSON.stringify(facts, undefined, 2));
  log(`${tool.name}: ran`);
}

/** The workload, and how much each had written before and after it. */
async function around(tool: Tool, traced: readonly Traced[]) {
  const before = traced.map((one) => one.written());
  const shell = spawn('sh', ['-c', tool.workload], { stdio: 'ignore' });
  await new Promise((resolve) => shell.once('exit', resolve));
  await sleep(tool.settleMs);
  const marks = traced.map((one, at): readonly [number, number] => [before[at]!, one.written()]);
  return { shell: String(shell.pid), marks };
}
