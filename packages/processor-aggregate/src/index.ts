import { defineProcessor, option, SkepError } from '@skep/core';
import { Aggregate } from './aggregate.js';
import { planColumns } from './columns.js';

const options = {
  every: option.duration('Length of a window; they begin at multiples of it', { default: 10_000 }),
  by: option.list('Columns: a row for each of their values; default: one row for all'),
  sum: option.list('Columns of numbers to add up, as sum_<column>'),
  min: option.list('Columns of numbers of which the least is given, as min_<column>'),
  max: option.list('Columns of numbers of which the largest is given, as max_<column>'),
  quantiles: option.list('Columns of numbers of which quantiles are given, as p50_<column>; within 1 %'),
  p: option.integers('The quantiles, in percent', { min: 1, max: 99, default: [50, 90, 99] }),
  max_groups: option.integer('Rows of a window; when there would be more it is given out early', {
    min: 1,
    max: 1_000_000,
    default: 10_000,
  }),
};

/** `use: aggregate`: in place of rows, how many there were; a stream of tables, named after the processor. */
export default defineProcessor({
  options,
  fields: ({ by, sum, min, max, quantiles }) => [by, sum, min, max, quantiles].flatMap((names) => names ?? []),
  check({ every }) {
    if (every === 0) throw new SkepError('SKEP_OPTION', 'processor aggregate: "every" is above 0', 'every: 10s');
  },
  create(input, values, { name }) {
    const plan = planColumns(input, { ...values, percents: values.p ?? [] }, name);
    return plan && new Aggregate(plan, values.every ?? 10_000, values.max_groups ?? 10_000);
  },
});
