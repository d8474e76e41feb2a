import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FEATURES, parseFeatures } from './features.js';

describe('--no-feature', () => {
  it('takes a list', () => {
    expect([...parseFeatures('fentry, kprobe')]).toEqual(['fentry', 'kprobe']);
  });

  it('names the nearest feature', () => {
    expect(() => parseFeatures('fentry,kprob')).toThrow(
      expect.objectContaining({ code: 'SKEP_USAGE', remedy: expect.stringContaining('"kprobe"') }),
    );
    expect(() => parseFeatures('')).toThrow('unknown feature ""');
  });

  it('stands in docs/cli.md as it stands in the code', () => {
    const page = readFileSync(new URL('../../../../docs/cli.md', import.meta.url), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` \| ([^|]+) \| (\d\.\d+) \|$/gm)].map(([, name, title, since]) => [
      name,
      title,
      since,
    ]);
    expect(rows).toEqual(FEATURES.map(({ name, title, since }) => [name, title, since]));
  });

  it('knows each name once', () => {
    const names = FEATURES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
