import { readFileSync } from 'node:fs';
import { sections } from '@skep/build';
import { ERROR_CODES, exitCodeOf, SkepError } from '@skep/core';
import { describe, expect, it } from 'vitest';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const said = sections(page);

describe('docs/errors.md', () => {
  it('explains every code, in the order of the code', () => {
    expect([...said.keys()].slice(1)).toEqual([...ERROR_CODES]);
    const rows = [...page.matchAll(/^\| \[(SKEP_\w+)\]/gm)].map((match) => match[1]);
    expect(rows).toEqual([...ERROR_CODES]);
  });

  it.each(ERROR_CODES)('says the exit code of %s, and shows it', (code) => {
    const exitCode = exitCodeOf(new SkepError(code, ''));
    expect(said.get(code)).toMatch(new RegExp(`^Exit code ${exitCode}\\b`));
    expect(page).toContain(`| [${code}](#${code.toLowerCase()}) | ${exitCode} |`);
    expect(said.get(code)).toMatch(/^ {4}\S/m);
  });
});
