import { expect, it } from 'vitest';
import { headersPackage } from './headers.js';

it('headersPackage is what the metapackage depends on', () => {
  expect(headersPackage('linux-headers-amd64\n  Depends: linux-headers-6.1.0-56-amd64\n')).toBe(
    'linux-headers-6.1.0-56-amd64',
  );
  expect(headersPackage('')).toBeUndefined();
});
