import { readFileSync } from 'node:fs';
import { SkepError } from '@skep/core';
import { listPackages } from '@skep/runner/tool';

const USAGE = `skep: kernel events from eBPF tools

  skep <tool> [flags] [interval [count]]   run one tool: skep opensnoop -x, skep biolatency 1 5
  skep run [FILE]                          the agent: plugins and sinks of a YAML file (default ./skep.yaml)
  skep check [FILE]                        every mistake of the file at once; attaches nothing
  skep explain [FILE | tool]               what would be attached on this kernel or another, and why
  skep list                                the plugins and sinks found
  skep info <tool>                         streams, columns, options, attach sets
  skep doctor                              kernel, BTF, privileges, libraries: what is missing, and the remedy
  skep selftest [tool...] [--all]          each plugin's own test on this kernel
  skep schema [--sql [FILE]]               JSON Schema of the YAML; or SQL of the tables
  skep query "SQL" | NAME                  what was stored: SQL, or a query of the library (--list)
  skep record <tool...> -o FILE            raw records to a file; skep replay FILE gives them out again
  skep demo                                a recording of several tools, without root
  skep create <what> <name>                a plugin, sink or processor of your own, ready to build
  skep build [FOLDER]                      compile, check and document it
  skep dev [FOLDER]                        build, attach and show events, again at every change

skep <command> --help and skep <tool> --help say more.
`;

export async function run(args: readonly string[]): Promise<number> {
  const [first] = args;
  if (first === '--version' || first === '-V') {
    const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    process.stdout.write(`skep ${manifest.version}\n`);
    return 0;
  }
  if (first !== undefined && !['help', '--help', '-h'].includes(first)) {
    throw new SkepError('SKEP_USAGE', `unknown option '${first}'`, 'see: skep --help');
  }
  process.stdout.write(`${USAGE}\n${toolList()}`);
  return first === undefined ? 2 : 0;
}

/** The names of the tools, by category. */
function toolList(): string {
  const tools = listPackages([process.cwd()]).filter(({ kind }) => kind === 'plugin');
  if (tools.length === 0) return 'No tools are installed: npm install @skep/plugin-opensnoop\n';
  const categories = new Map<string, string[]>();
  for (const { name, category = 'other' } of tools)
    categories.set(category, [...(categories.get(category) ?? []), name]);
  const width = Math.max(...[...categories.keys()].map((name) => name.length));
  const lines = [...categories]
    .sort(([a], [b]) => a.localeCompare(b))
    .flatMap(([category, names]) => wrap(names.sort(), `  ${category.padEnd(width)}  `));
  return `Tools (skep list says what each does):\n${lines.join('\n')}\n`;
}

const LINE_WIDTH = 90;

/** Words in lines that begin with `head`, then with as many blanks. */
function wrap(words: readonly string[], head: string): string[] {
  const lines = [head];
  for (const word of words) {
    if (`${lines.at(-1)}${word}`.length > LINE_WIDTH && lines.at(-1)!.trim() !== '')
      lines.push(' '.repeat(head.length));
    lines[lines.length - 1] += `${word} `;
  }
  return lines.map((line) => line.trimEnd());
}
