import { expect, it } from 'vitest';
import { freePort } from './free-port.js';

it('gives out each port once, though nobody listens on it yet', async () => {
  // By chance alone, 300 of 12000 would be different once in about 42 runs.
  const ports = await Promise.all(Array.from({ length: 300 }, freePort));
  expect(new Set(ports).size).toBe(300);
});
