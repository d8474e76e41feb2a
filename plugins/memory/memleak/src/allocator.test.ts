import { expect, it } from 'vitest';
import { isLibrary } from './allocator.js';

it.each([
  ['libc.so.6', 'c'],
  ['libc-2.31.so', 'c'],
  ['ld-musl-x86_64.so.1', 'c'],
  ['libc.musl-x86_64.so.1', 'c'],
  ['libjemalloc.so.2', 'jemalloc'],
  ['libtcmalloc.so.4.5.3', 'tcmalloc'],
  ['server', 'server'],
])('%s is the library "%s"', (file, name) => {
  expect(isLibrary(file, name)).toBe(true);
});

it.each([
  ['libcap.so.2', 'c'],
  ['libc++.so.1', 'c'],
  ['libcrypt.so.1', 'c'],
  ['libtcmalloc_minimal.so.4', 'tcmalloc'],
  ['ld-linux-x86-64.so.2', 'c'],
  ['libc.so.6', 'jemalloc'],
])('%s is not the library "%s"', (file, name) => {
  expect(isLibrary(file, name)).toBe(false);
});
