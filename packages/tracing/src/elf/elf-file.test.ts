import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSkepError } from '@skep/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildShop, noShop } from '../shop-fixture.js';
import { ElfFile } from './elf-file.js';
import { usdtArguments, usdtNotes } from './usdt-notes.js';

describe.skipIf(noShop)('a program', () => {
  let shop: ElfFile;
  let path: string;
  beforeAll(() => {
    path = buildShop();
    shop = new ElfFile(path);
  });

  it('has its functions at their places in the file', () => {
    const functions = shop.functions();
    const add = functions.find(({ name }) => name === 'shop_add')!;
    expect(functions.map(({ name }) => name)).toEqual(expect.arrayContaining(['main', 'shop_add', 'shop_plus']));
    expect(functions.find(({ name }) => name === 'shop_plus')!.offset).toBe(add.offset);
    // Functions of libraries are named in it, and are not in it.
    expect(functions.some(({ name }) => name.startsWith('printf'))).toBe(false);
  });

  it('has its probes, with a note for each place', () => {
    const notes = usdtNotes(shop);
    expect(new Set(notes.map(({ provider, name }) => `${provider}:${name}`))).toEqual(
      new Set(['shop:order', 'shop:close']),
    );
    const order = notes.find(({ name }) => name === 'order')!;
    expect(order.arguments.map(({ bytes, isSigned }) => [bytes, isSigned])).toEqual([
      [8, true],
      [4, true],
      [8, false],
    ]);
    // The counter lies where the file has two zero bytes.
    expect(order.semaphore).toBeGreaterThan(0n);
    expect(readFileSync(path).readUInt16LE(Number(order.semaphoreOffset))).toBe(0);
    // The instruction of the probe is a nop.
    expect(readFileSync(path)[Number(order.offset)]).toBe(process.arch === 'x64' ? 0x90 : 0x1f);
  });
});

describe('what is no program', () => {
  const folder = mkdtempSync(join(tmpdir(), 'skep-elf-'));
  const codeOf = (bytes: Uint8Array | undefined) => {
    const path = join(folder, 'file');
    if (bytes) writeFileSync(path, bytes);
    try {
      const file = new ElfFile(bytes ? path : join(folder, 'nothing'));
      file.functions();
      usdtNotes(file);
      file.close();
      return 'read';
    } catch (error) {
      return isSkepError(error) ? error.code : String(error);
    }
  };

  it('is refused in words', () => {
    expect(codeOf(undefined)).toBe('SKEP_ATTACH');
    expect(codeOf(new Uint8Array(0))).toBe('SKEP_ATTACH');
    expect(codeOf(Buffer.from('#!/bin/sh\n'.repeat(20)))).toBe('SKEP_ATTACH');
  });

  it('never brings the reader down, however it is damaged', () => {
    const whole = readFileSync('/bin/true');
    let seed = 7;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed % below;
    };
    const outcomes = new Set<string>();
    for (let i = 0; i < 300; i++) {
      const damaged = Uint8Array.from(random(4) === 0 ? whole.subarray(0, random(whole.length)) : whole);
      for (let n = 0; n < 8; n++) damaged[random(2) === 0 ? random(64) : random(damaged.length)] = random(256);
      outcomes.add(codeOf(damaged));
    }
    expect([...outcomes].filter((one) => one !== 'read' && one !== 'SKEP_ATTACH')).toEqual([]);
  });
});

it('tells arguments apart by their sizes', () => {
  expect(usdtArguments('8@%rdx -4@%ecx 8@152(%rdi,%rax,8) -2@$-7 %rax')).toEqual([
    { bytes: 8, isSigned: false, place: '%rdx' },
    { bytes: 4, isSigned: true, place: '%ecx' },
    { bytes: 8, isSigned: false, place: '152(%rdi,%rax,8)' },
    { bytes: 2, isSigned: true, place: '$-7' },
    { bytes: 8, isSigned: false, place: '%rax' },
  ]);
  expect(usdtArguments('')).toEqual([]);
  expect(usdtArguments('8@[sp, 16] 4@x1').map(({ place }) => place)).toEqual(['[sp, 16]', 'x1']);
});
