import { expect, it } from 'vitest';
import { bestPeer, inRounds } from './rounds.js';
import { settingsOf } from './settings.js';

const contender = (name: string, missing?: string) => ({ name, isSkep: name === 'skep', missing: () => missing });
const SETTINGS = settingsOf({ rounds: '2' });

it('measures all in a round before the next, starting with another one', async () => {
  const order: string[] = [];
  await inRounds([contender('skep'), contender('a')], SETTINGS, async ({ name }) => order.push(name));
  expect(order.join(' ')).toBe('skep a a skep');
});

it('notes who is missing or fails, and goes on without', async () => {
  const results = await inRounds(
    [contender('a', 'not installed'), contender('b'), contender('c')],
    SETTINGS,
    async (c) => {
      if (c.name === 'b') throw new Error('it broke');
      return 1;
    },
  );
  expect(results.map(({ note, rounds }) => [note, rounds.length])).toEqual([
    ['not installed', 0],
    ['failed: it broke', 0],
    [undefined, 2],
  ]);
});

it('bestPeer is the cheapest that is not ours and has figures', async () => {
  const costs: Record<string, number> = { skep: 1, a: 5, b: 4, c: 2 };
  const contenders = [contender('skep'), contender('a'), contender('b'), contender('c', 'not installed')];
  const results = await inRounds(contenders, SETTINGS, async ({ name }) => costs[name]);
  expect(bestPeer(results, ({ rounds }) => rounds[0])).toBe(4);
});
