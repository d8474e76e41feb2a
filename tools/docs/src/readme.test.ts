import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readmeProgram } from './readme-program.js';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

describe('README.md', () => {
  it('is short', () => {
    expect(readme.split('\n').length).toBeLessThan(200);
  });

  it('shows one program, which imports what exists', async () => {
    const program = readmeProgram(readme);
    for (const [, names, from] of program.matchAll(/^import (?:\{ (.*) \}|\w+) from '(.*)';$/gm)) {
      const module = (await import(from!)) as Record<string, unknown>;
      for (const name of names?.split(', ') ?? ['default']) expect(module[name], `${name} of ${from}`).toBeDefined();
    }
  });
});
