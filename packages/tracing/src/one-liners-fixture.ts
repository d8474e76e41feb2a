import { readFileSync } from 'node:fs';
import { fetchKernel, runInVm } from '@skep/vm';

/** What a one-liner has shown. */
export interface Shown {
  readonly tool: string;
  readonly name: string;
  readonly out: string;
}

/** What one-liners have shown, by the tool and their name. */
export class OneLiners {
  private readonly shown: readonly Shown[];

  /** @param lines what test/compare.mjs has printed: the kernel it ran on, and what each has shown */
  constructor(lines: string) {
    const [, ...rest] = lines.split('\n').filter((line) => line.startsWith('{'));
    this.shown = rest.map((line) => JSON.parse(line) as Shown);
  }

  of(tool: string, name: string): Shown {
    const found = this.shown.find((one) => one.tool === tool && one.name === name);
    if (!found) throw new Error(`${tool} ${name} was not run`);
    return found;
  }
}

/** What BCC's tools have shown: recorded, as their compiler takes half an hour of an emulated processor. */
export function shownByBcc(): OneLiners {
  return new OneLiners(readFileSync('packages/tracing/test/bcc/shown.jsonl', 'utf8'));
}

/** The same one-liners of skep, run now in a guest. */
export async function shownBySkep(): Promise<OneLiners> {
  await fetchKernel('6.1', { headers: true });
  const { stdout } = await runInVm({
    ...{ kernel: '6.1', headers: true, cpus: 2, memoryMb: 4000, disks: ['8M'], timeoutMs: 3_300_000 },
    command: ['node', 'packages/tracing/test/compare.mjs', 'skep'],
  });
  return new OneLiners(stdout);
}
