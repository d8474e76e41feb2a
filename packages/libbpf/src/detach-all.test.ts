import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { detachAll } from './detach-all.js';

it('detaches each of thousands of links once, never too many at a time', async () => {
  let running = 0;
  let most = 0;
  const times = new Uint8Array(3000);
  const links = Array.from(times, (_, i) => ({
    detach: async () => {
      times[i]!++;
      most = Math.max(most, ++running);
      await turn();
      running--;
    },
  }));
  await detachAll(links);
  expect(times.every((n) => n === 1)).toBe(true);
  expect(most).toBe(64);
});
