// The pages that are written by hand.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatError } from '@skep/core';
import { parseConfig } from '@skep/runner';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const pages = readdirSync(join(root, 'docs'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`);

describe.each(['README.md', 'CONTRIBUTING.md', ...pages])('%s', (path) => {
  const text = readFileSync(join(root, path), 'utf8');

  it('has links that lead somewhere', () => {
    const targets = [...text.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)]*)?\)/g)].map((match) => match[1]!);
    expect(targets.filter((target) => !existsSync(resolve(root, dirname(path), target)))).toEqual([]);
  });
});

describe.each(pages.filter((path) => path.includes('coming-from')))('%s', (path) => {
  it('shows configurations without mistakes', async () => {
    const text = readFileSync(join(root, path), 'utf8');
    const examples = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
    for (const example of examples) {
      await parseConfig(example, join(root, path)).catch((error: unknown) => {
        throw new Error(`${formatError(error)}\n${example}`, { cause: error });
      });
    }
  });
});
