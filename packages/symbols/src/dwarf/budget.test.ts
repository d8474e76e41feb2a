import { expect, it } from 'vitest';
import { Budget, SpentError } from './budget.js';

it('is spent once and comes back with time', () => {
  let now = 0;
  const budget = new Budget(() => now);
  budget.spend(8e6);
  expect(() => budget.spend(1)).toThrow(SpentError);
  now += 25;
  budget.spend(1000);
  expect(() => budget.spend(1)).toThrow(SpentError);
  now += 1e9;
  budget.spend(8e6);
  expect(() => budget.spend(1)).toThrow(SpentError);
});
