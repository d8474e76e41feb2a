import { cell, code, table } from '@skep/build';
import { KERNELS } from '@skep/vm';
import { GENERATED } from './tool-page.js';

/** A tool's attach set on a kernel, as tools/matrix has measured it. */
export interface KernelCell {
  readonly tool: string;
  readonly set: readonly string[];
  readonly kernel: string;
  readonly release: string;
  readonly verdict: string;
  readonly reason: string;
  readonly programs: readonly { readonly name: string; readonly section: string; readonly insns: number }[];
}

/** The page `docs/kernels.md`: what each kernel made of every tool's attach sets. */
export function kernelsPage(cells: readonly KernelCell[]): string {
  return `${GENERATED}\n\n# Kernels\n\n${INTRODUCTION}\n\n${kernelTables(cells)}\n`;
}

const INTRODUCTION = `Every tool's self-tests, run by every attach set on Debian's kernels under QEMU and on one more machine:

    npm run matrix -- --publish

A tool works on a kernel when one of its sets does: the first that the kernel takes is used. \`skep explain <tool>\` says
which one that is here, \`skep selftest <tool> --attach all\` runs the same tests. Tools that compile their programs at run time need the kernel's
headers and are tested on 6.1 alone.`;

/** The tables alone. */
export function kernelTables(cells: readonly KernelCell[]): string {
  const kernels = inOrder(cells);
  const notes = new Footnotes();
  return [
    table(
      ['Kernel', 'Release', 'What it is'],
      kernels.map((name) => [name, code(cells.find(({ kernel }) => kernel === name)!.release), whatItIs(name)]),
    ),
    '## Attach sets',
    'seen: the workload was seen exactly. refused: the kernel does not take the set.',
    setTable(cells, kernels, notes),
    notes.text(),
    '## Cost to the verifier',
    `Instructions processed over all paths, with the self-test that costs most. The kernel's limit is a million.`,
    costTable(cells, kernels),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function inOrder(cells: readonly KernelCell[]): string[] {
  const order = KERNELS.map(({ name }) => name);
  const rank = (name: string) => (order.includes(name) ? order.indexOf(name) : order.length);
  return [...new Set(cells.map(({ kernel }) => kernel))].sort((a, b) => rank(a) - rank(b));
}

function whatItIs(name: string): string {
  const kernel = KERNELS.find((one) => one.name === name);
  return kernel ? `${kernel.note} (${kernel.suite})` : 'the machine that the table was made on';
}

function setTable(cells: readonly KernelCell[], kernels: readonly string[], notes: Footnotes): string {
  const rows = grouped(cells, ({ tool, set }) => `${tool} ${set.join()}`).map((own, i, all) => {
    const { tool, set } = own[0]!;
    const isFirst = all[i - 1]?.[0]?.tool !== tool;
    const verdicts = kernels.map((name) => {
      const found = own.find(({ kernel }) => kernel === name);
      if (!found) return '-';
      const text = found.verdict === 'wrong' ? '**wrong**' : found.verdict;
      return found.reason === '' ? text : `${text}${notes.mark(found.reason)}`;
    });
    return [isFirst ? tool : '', set.map(code).join(' ') || 'as its options say', ...verdicts];
  });
  return table(['Tool', 'Attach set', ...kernels], rows);
}

function costTable(cells: readonly KernelCell[], kernels: readonly string[]): string {
  const costs = cells.flatMap(({ tool, kernel, programs }) => programs.map((one) => ({ tool, kernel, ...one })));
  const rows = grouped(costs, ({ tool, name }) => `${tool} ${name}`).map((own, i, all) => {
    const { tool, name, section } = own[0]!;
    const insns = kernels.map((kernel) => {
      // A program may stand in several sets.
      const found = own.filter((one) => one.kernel === kernel).map((one) => one.insns);
      return found.length === 0 ? '-' : String(Math.max(...found));
    });
    return [all[i - 1]?.[0]?.tool === tool ? '' : tool, code(name), code(section), ...insns];
  });
  return table(['Tool', 'Program', 'Attaches to', ...kernels], rows);
}

/** Groups in the order of their first member. */
function grouped<T>(items: readonly T[], key: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups.values()];
}

/** Reasons, numbered in the order they are first met; equal ones share a number. */
class Footnotes {
  readonly #reasons: string[] = [];

  mark(reason: string): string {
    if (!this.#reasons.includes(reason)) this.#reasons.push(reason);
    return `[^${this.#reasons.indexOf(reason) + 1}]`;
  }

  text(): string {
    return this.#reasons.map((reason, i) => `[^${i + 1}]: ${cell(reason.replaceAll('\n', '; '))}`).join('\n');
  }
}
