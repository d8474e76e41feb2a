import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why programs cannot be made here; undefined when they can. */
export const noCompiler: string | undefined = ['cc', 'clang'].some((name) => !spawnSync(name, ['--version']).error)
  ? undefined
  : 'no C compiler';

const COMPILER = spawnSync('cc', ['--version']).error ? 'clang' : 'cc';

/** Says where its functions are, and waits until its standard input ends. */
const SOURCE = `
#include <stdio.h>
#include <unistd.h>
__attribute__((noinline)) int first_function(int x) { __asm__ volatile("nop; nop; nop; nop"); return x + 1; }
__attribute__((noinline)) static int second_function(int x) { __asm__ volatile("nop; nop; nop; nop"); return x * 3; }
int main(int argc, char **argv)
{
	char c;

	printf("%p %p\\n", (void *)first_function, (void *)second_function);
	fflush(stdout);
	while (read(0, &c, 1) > 0)
		if (c == 'e')
			execl(argv[0], argv[0], NULL);
	return first_function(argc) + second_function(argc) == 0;
}
`;

/** A program compiled for a test, in a folder of its own. */
export class TestProgram {
  readonly folder = mkdtempSync(join(tmpdir(), 'skep-symbols-'));
  readonly path = join(this.folder, 'busy');
  private readonly running: ChildProcess[] = [];

  constructor(flags: readonly string[] = [], source = SOURCE, { compiler = COMPILER, language = 'c' } = {}) {
    execFileSync(compiler, ['-O1', '-x', language, '-', '-o', this.path, ...flags], { input: source });
  }

  /** Start it; settles with the addresses that it prints. */
  async start(
    command: readonly string[] = [this.path],
  ): Promise<{ child: ChildProcess; pid: number; addresses: bigint[] }> {
    const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
    this.running.push(child);
    return { child, pid: child.pid!, addresses: await nextAddresses(child) };
  }

  async remove(): Promise<void> {
    for (const child of this.running) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function nextAddresses(child: ChildProcess): Promise<bigint[]> {
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return line.toString().trim().split(' ').map(BigInt);
}
