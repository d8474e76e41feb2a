import { expect, it } from 'vitest';
import { tableLines } from './table.js';

const COLUMNS = [
  { name: 'name', title: 'subject' },
  { name: 'events', title: 'events', digits: 0 },
  { name: 'cpu', title: 'CPU s', digits: 2 },
];

it('aligns numbers at their right and groups thousands, not decimals', () => {
  expect(tableLines(COLUMNS, [{ name: 'a', events: 1234567, cpu: 0.5 }])).toEqual([
    'subject     events  CPU s',
    'a        1 234 567   0.50',
  ]);
});

it('shows a note in place of figures', () => {
  const rows = [
    { name: 'a', events: 1, cpu: 1234.567 },
    { name: 'longer name', note: 'not installed' },
  ];
  expect(tableLines(COLUMNS, rows)).toEqual([
    'subject      events     CPU s',
    'a                 1  1 234.57',
    'longer name  not installed',
  ]);
});

it('shows what is not known as a dash', () => {
  expect(tableLines(COLUMNS, [{ name: 'a', events: Number.NaN }])[1]).toBe('a             -      -');
});
