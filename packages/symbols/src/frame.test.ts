import type { FrameStyle } from '@skep/core';
import { expect, it } from 'vitest';
import { type Frame, frameText } from './frame.js';

const KERNEL: Frame = { name: 'vfs_read', offset: 31, module: 'kernel' };
const MODULE: Frame = { name: 'xfs_sync', offset: 1, module: 'xfs' };
const INLINED: Frame = { name: 'a;b', offset: 0, module: 'busy', isInlined: true };
const NAMELESS: Frame = { name: undefined, offset: 16, module: 'libc.so.6' };

it.each<[FrameStyle, readonly string[]]>([
  ['names', ['vfs_read', 'xfs_sync [xfs]', '[libc.so.6+0x10]']],
  ['places', ['vfs_read+0x1f [kernel]', 'xfs_sync+0x1 [xfs]', '[libc.so.6+0x10]']],
  ['offsets', ['vfs_read+0x1f', 'xfs_sync+0x1 [xfs]', '[libc.so.6+0x10]']],
  [
    'addresses',
    [
      '0xffffffff81001f00 vfs_read+0x1f [kernel]',
      '0xffffffff81001f00 xfs_sync+0x1 [xfs]',
      '0xffffffff81001f00 [libc.so.6+0x10]',
    ],
  ],
  ['raw-names', ['ffffffff81001f00 vfs_read', 'ffffffff81001f00 xfs_sync [xfs]', 'ffffffff81001f00 [libc.so.6+0x10]']],
  [
    'raw-offsets',
    ['ffffffff81001f00 vfs_read+0x1f', 'ffffffff81001f00 xfs_sync+0x1 [xfs]', 'ffffffff81001f00 [libc.so.6+0x10]'],
  ],
])('%s', (style, expected) => {
  const address = 0xffffffff81001f00n;
  expect([KERNEL, MODULE, NAMELESS].map((frame) => frameText(frame, address, style, true))).toEqual(expected);
});

it.each<[FrameStyle, string]>([
  ['names', 'a:b (inlined)'],
  ['places', 'a:b (inlined) [busy]'],
  ['offsets', 'a:b (inlined)'],
  ['addresses', '0x0000000000007f00 a:b (inlined) [busy]'],
  ['raw-names', '7f00             a:b (inlined)'],
  ['raw-offsets', '7f00             a:b (inlined)'],
])('%s of an inlined function', (style, expected) => {
  expect(frameText(INLINED, 0x7f00n, style, false)).toBe(expected);
});

it('pads short addresses on the right, as BCC does', () => {
  expect(frameText(NAMELESS, 0x7f00n, 'raw-names', false)).toBe('7f00             [libc.so.6+0x10]');
});
