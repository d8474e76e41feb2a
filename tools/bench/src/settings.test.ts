import { expect, it } from 'vitest';
import { settingsOf } from './settings.js';

it('takes the size asked for, and flags over it', () => {
  expect(settingsOf({ quick: true, rounds: '5' })).toMatchObject({ events: 100_000, rounds: 5, isSmoke: false });
});

it('smoke wins over quick', () => {
  expect(settingsOf({ quick: true, smoke: true })).toMatchObject({ events: 499, isSmoke: true });
});

it('takes a rate of 0, but not of no rounds', () => {
  expect(settingsOf({ rate: '0' }).rate).toBe(0);
  expect(() => settingsOf({ rounds: '0' })).toThrow('--rounds 0');
});
