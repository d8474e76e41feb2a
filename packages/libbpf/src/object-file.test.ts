import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { objectFile } from '@skep/core';
import { afterAll, describe, expect, it } from 'vitest';
import { readPluginObject } from './object-file.js';

const folder = mkdtempSync(join(tmpdir(), 'skep-object-'));
afterAll(() => rmSync(folder, { recursive: true }));

function compiled(ring: string): string {
  const path = join(folder, `${ring}.o`);
  const include = join(import.meta.dirname, '../include');
  const source = `#include <skep/probe.bpf.h>
struct tool_event { __u32 pid; };
SKEP_RING(${ring}, struct tool_event, 4096);
`;
  const flags = ['--target=bpf', '-g', '-O2', '-I', include, '-x', 'c', '-', '-c', '-o', path];
  const { status, stderr } = spawnSync('clang', flags, { input: source, encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return path;
}

describe.skipIf(spawnSync('clang', ['--version']).error)('the object of a plugin', () => {
  it('is read once, and again when its file is another one', () => {
    const path = join(folder, 'tool.o');
    const object = objectFile(pathToFileURL(path));
    copyFileSync(compiled('calls'), path);
    const first = readPluginObject({ object });
    expect(readPluginObject({ object })).toBe(first);
    expect([...first.info.rings.keys()]).toEqual(['calls']);
    copyFileSync(compiled('other_calls'), path);
    expect([...readPluginObject({ object }).info.rings.keys()]).toEqual(['other_calls']);
    rmSync(path);
    const missing = () => readPluginObject({ object });
    expect(missing).toThrow(expect.objectContaining({ code: 'SKEP_PLUGIN' }));
  });
});

it('is empty for a plugin that has none', () => {
  expect(readPluginObject({}).info.programs).toEqual([]);
});
