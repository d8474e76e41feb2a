import type { ProgramCost } from '@skep/libbpf';
import type { SelfTestResult } from '@skep/runner/tool';

/**
 * What a kernel made of an attach set. `seen`: the self-tests' workloads were seen exactly. `refused`: the kernel does
 * not load or attach it. `wrong`: it attached, and what was seen differs. `skipped`: nothing could be tested.
 */
export type Verdict = 'seen' | 'refused' | 'wrong' | 'skipped';

/** One cell of the matrix: a tool's attach set on a kernel. */
export interface MatrixRow {
  readonly tool: string;
  /** Names of the set's programs; none: the tool attaches what its options say. */
  readonly set: readonly string[];
  /** A name of tools/vm, or `here`. */
  readonly kernel: string;
  /** As `uname -r` says it. */
  readonly release: string;
  readonly verdict: Verdict;
  /** Why not `seen`; '' when it was. */
  readonly reason: string;
  /** Most instructions that the verifier processed for each program in any self-test; none when it never loaded. */
  readonly programs: readonly ProgramCost[];
  /** Of all self-tests with this set. */
  readonly seconds: number;
}

/** A tool's attach set, whether a self-test uses it or not. */
export type DeclaredSet = Pick<MatrixRow, 'tool' | 'set'>;

/** What equal sets have in common; the name of a tool holds no blank. */
export function setKey({ tool, set }: DeclaredSet): string {
  return `${tool} ${set.join('+')}`;
}

/** One row for each declared set, from the self-tests that used it; `absent` says why there are none. */
export function matrixRows(
  declared: readonly DeclaredSet[],
  results: readonly SelfTestResult[],
  { kernel, release }: Pick<MatrixRow, 'kernel' | 'release'>,
  absent: Pick<MatrixRow, 'verdict' | 'reason'> = { verdict: 'skipped', reason: 'no self-test uses this set' },
): MatrixRow[] {
  return declared.map(({ tool, set }) => {
    const key = setKey({ tool, set });
    const tests = results.filter(
      (result) => result.plugin === tool && (set.length === 0 || setKey({ tool, set: result.set }) === key),
    );
    const seconds = tests.reduce((sum, test) => sum + test.seconds, 0);
    const verdict = tests.length === 0 ? absent : verdictOf(tests);
    return {
      tool,
      set,
      kernel,
      release,
      ...verdict,
      programs: mostCostly(tests),
      seconds: Math.round(seconds * 100) / 100,
    };
  });
}

/** One failure makes it wrong; of tests that cannot run here, the others speak for the set. */
function verdictOf(tests: readonly SelfTestResult[]): Pick<MatrixRow, 'verdict' | 'reason'> {
  const say = (some: readonly SelfTestResult[]) =>
    [...new Set(some.map(({ plugin, test, reason }) => (test === plugin ? reason : `${test}: ${reason}`)))].join('\n');
  const failed = tests.filter(({ outcome }) => outcome === 'failed');
  if (failed.length > 0) return { verdict: 'wrong', reason: say(failed) };
  if (tests.some(({ outcome }) => outcome === 'passed')) return { verdict: 'seen', reason: '' };
  const refused = tests.find((test) => test.refused);
  // A set is refused for the same reason whatever the test.
  if (refused) return { verdict: 'refused', reason: refused.reason };
  return { verdict: 'skipped', reason: say(tests) };
}

function mostCostly(tests: readonly SelfTestResult[]): ProgramCost[] {
  const most = new Map<string, ProgramCost>();
  for (const cost of tests.flatMap(({ programs = [] }) => programs)) {
    if (cost.insns > (most.get(cost.name)?.insns ?? -1)) most.set(cost.name, cost);
  }
  return [...most.values()];
}

/** For want of what the tool traces, or of the kernel's headers, which are not installed: no word of the kernel's. */
export function lacksTarget({ reason }: Pick<MatrixRow, 'reason'>): boolean {
  return reason.startsWith('no library or program') || reason.includes('there are no kernel headers');
}
