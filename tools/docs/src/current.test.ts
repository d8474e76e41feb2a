import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSkepError } from '@skep/core';
import { parseConfig } from '@skep/runner';
import { beforeAll, describe, expect, it } from 'vitest';
import { differences } from './compare.js';
import { generate, type Pages } from './generate.js';

const root = resolve(fileURLToPath(new URL('../../..', import.meta.url)));
let pages: Pages;

beforeAll(async () => {
  pages = await generate(root);
});

describe('generated documentation', () => {
  it('is current: node tools/docs/dist/main.js write', () => {
    expect(differences(root, pages)).toEqual([]);
  });

  it('shows configurations without mistakes', async () => {
    for (const [path, text] of pages) {
      for (const example of yamlBlocks(text)) {
        await parseConfig(example, `${root}/${path}`).catch((error: unknown) => {
          const reason = isSkepError(error) ? error.message : String(error);
          throw new Error(`${path}: ${reason}\n${example}`, { cause: error });
        });
      }
    }
  });

  it('has links that lead somewhere', () => {
    const broken = [...pages].flatMap(([path, text]) =>
      [...text.matchAll(/\]\((?![a-z]+:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map((match) => resolve(root, path, '..', match[1]!))
        .filter((target) => !pages.has(target.slice(root.length + 1)) && !exists(target))
        .map((target) => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });
});

/** Blocks that are whole configurations. */
function yamlBlocks(text: string): string[] {
  return [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)]
    .map((match) => match[1]!)
    .filter((block) => block.includes('version: 1'));
}

function exists(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EISDIR';
  }
}
