import { describe, expect, it } from 'vitest';
import { image, note } from './image-fixture.js';
import { buildId, debugLink, ElfFile, MemorySource, notesOf } from './index.js';

const SHT_NOTE = 7;
const ID = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);

function withSection(name: string, data: Uint8Array): ElfFile {
  return new ElfFile(new MemorySource(image([{ name, type: SHT_NOTE, data }])));
}

describe('notes', () => {
  it('are read in their order', () => {
    const section = Buffer.concat([
      note('GNU', 3, ID),
      note('stapsdt', 3, Uint8Array.of(1, 2, 3, 4, 5)),
      note('', 9, ID),
    ]);
    expect(notesOf(section).map(({ owner, type, description }) => [owner, type, [...description]])).toEqual([
      ['GNU', 3, [...ID]],
      ['stapsdt', 3, [1, 2, 3, 4, 5]],
      ['', 9, [...ID]],
    ]);
  });

  it('end where one runs past the end', () => {
    const whole = Buffer.concat([note('GNU', 3, ID), note('GNU', 1, ID)]);
    expect(notesOf(whole.subarray(0, -1))).toHaveLength(1);
    for (const at of [0, 4]) {
      const lying = Buffer.from(whole);
      lying.writeUInt32LE(0xffffffff, at);
      expect(notesOf(lying)).toEqual([]);
    }
  });

  it('have owners that end where they say', () => {
    const bare = Buffer.from(note('GNUX', 3, ID));
    bare.writeUInt32LE(3, 0);
    expect(notesOf(bare)[0]!.owner).toBe('GNU');
  });
});

describe('a build id', () => {
  it('is the description of its note', () => {
    const section = Buffer.concat([note('Other', 3, Uint8Array.of(1, 2)), note('GNU', 1, ID), note('GNU', 3, ID)]);
    expect(buildId(withSection('.note.gnu.build-id', section))).toBe('deadbeef');
  });

  it.each<[string, string, Uint8Array]>([
    ['no section', '.note.ABI-tag', note('GNU', 3, ID)],
    ['no note', '.note.gnu.build-id', new Uint8Array(0)],
    ['one byte', '.note.gnu.build-id', note('GNU', 3, Uint8Array.of(1))],
    ['thousands of bytes', '.note.gnu.build-id', note('GNU', 3, new Uint8Array(5000))],
  ])('is none: %s', (_, name, data) => {
    expect(buildId(withSection(name, data))).toBeUndefined();
  });
});

describe('a debug link', () => {
  it('has a name and a checksum', () => {
    const data = Buffer.from('busy.debug\0\0\x78\x56\x34\x12', 'latin1');
    expect(debugLink(withSection('.gnu_debuglink', data))).toEqual({ name: 'busy.debug', crc: 0x12345678 });
  });

  it.each<[string, Uint8Array]>([
    ['a path', Buffer.from('../../etc/a\0aaaa')],
    ['no name', Buffer.from('\0aaaaaaa')],
    ['no checksum', Buffer.from('a\0')],
    ['thousands of bytes', Buffer.alloc(8192, 'a')],
  ])('is none: %s', (_, data) => {
    expect(debugLink(withSection('.gnu_debuglink', data))).toBeUndefined();
  });
});
