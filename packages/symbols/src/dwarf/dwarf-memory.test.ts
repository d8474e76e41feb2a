import { mkdtempSync, readdirSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSource } from '@skep/elf';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DwarfError } from './dwarf-error.js';
import { DwarfMemory } from './dwarf-memory.js';
import { ReopenedFile } from './reopened-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'skep-dwarf-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, memory: DwarfMemory): ReopenedFile {
  const path = join(folder, name);
  writeFileSync(path, name);
  const source = new FileSource(path);
  source.close();
  return new ReopenedFile(source, memory);
}

function openFiles(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder);
    } catch {
      return false;
    }
  }).length;
}

const text = (source: ReopenedFile) => Buffer.from(source.read(0, 100)).toString();

it('keeps few files open, whatever is read', () => {
  const memory = new DwarfMemory();
  const files = Array.from({ length: 100 }, (_, i) => file(`file${i}`, memory));
  for (let round = 0; round < 2; round++) for (const [i, one] of files.entries()) expect(text(one)).toBe(`file${i}`);
  expect(openFiles()).toBe(32);
  memory.close();
  expect(openFiles()).toBe(0);
  expect(text(files[0]!)).toBe('file0');
  memory.close();
});

it('reads no other file that has the name by now', () => {
  const memory = new DwarfMemory();
  const one = file('one', memory);
  file('two', memory);
  renameSync(join(folder, 'two'), join(folder, 'one'));
  expect(() => text(one)).toThrow(DwarfError);
  rmSync(join(folder, 'one'));
  expect(() => text(one)).toThrow(DwarfError);
  expect(openFiles()).toBe(0);
});

it('forgets what was not asked for longest, and makes it again', () => {
  const memory = new DwarfMemory();
  const made: string[] = [];
  const released: string[] = [];
  const keep = (key: string) =>
    memory.keep(key, () => {
      made.push(key);
      return { value: key, bytes: 50 << 20, release: () => void released.push(key) };
    });
  expect(['a', 'b', 'a', 'c', 'a', 'b'].map(keep)).toEqual(['a', 'b', 'a', 'c', 'a', 'b']);
  expect(made).toEqual(['a', 'b', 'c', 'b']);
  expect(released).toEqual(['b', 'c']);
});
