// The objects of all plugins, as they are built: whatever clang puts into them is read.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readElf } from './elf.js';
import { objectModule, type RecordLayout, readObject } from './index.js';

const plugins = fileURLToPath(new URL('../../../../plugins', import.meta.url));
const objects = readdirSync(plugins, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.bpf.o') && !path.includes('node_modules'))
  .map((path) => join(plugins, path));

describe.skipIf(objects.length === 0).each(objects.map((path) => [basename(path), path] as const))(
  '%s',
  (name, path) => {
    const bytes = readFileSync(path);
    const info = readObject(bytes);

    it('has records whose members follow one another within the record', () => {
      const records = [
        ...info.rings.values(),
        ...[...info.snapshots.values()].flatMap(({ key, value }) => [key, value]),
      ];
      for (const record of records) expect(overlaps(record)).toEqual([]);
    });

    it('has variables that lie within their sections', () => {
      const sizes = new Map(readElf(bytes).sections.map(({ name: section, data }) => [section, data.length]));
      for (const { section, offset, size } of info.variables.values()) {
        expect(size).toBeGreaterThan(0);
        expect(offset + size).toBeLessThanOrEqual(sizes.get(section)!);
      }
    });

    it('has loss counters for every ring and snapshot', () => {
      const counted = [...info.rings.keys(), ...info.snapshots.keys()].map((stream) => `skep_counts_${stream}`);
      expect(counted.filter((variable) => !info.variables.has(variable))).toEqual([]);
    });

    it('has a module of row types that is current', () => {
      const tool = name.replace(/\.\w+\.bpf\.o$/, '');
      const module = join(path, '../../src', `${tool}.bpf.ts`);
      expect(existsSync(module)).toBe(true);
      const objects = { x64: `../dist/${tool}.x64.bpf.o`, arm64: `../dist/${tool}.arm64.bpf.o` };
      expect(readFileSync(module, 'utf8')).toBe(objectModule(info, objects));
    });
  },
);

/** Members that begin before the one before them ends, or end behind the record. */
function overlaps({ members, histograms, size }: RecordLayout): string[] {
  const parts = [
    ...members.map(({ field, offset }) => ({ name: field.name, offset, size: field.size })),
    ...histograms.map(({ name, offset }) => ({ name, offset, size: 512 })),
  ].sort((a, b) => a.offset - b.offset);
  return parts.filter((part, i) => part.offset + part.size > (parts[i + 1]?.offset ?? size)).map(({ name }) => name);
}
