import { defineProcessor, option, rowKeys, SkepError, selectRows } from '@skep/core';
import { Buckets } from './buckets.js';

const options = {
  rate: option.integer('Rows that pass per second', { min: 1 }),
  burst: option.integer('Rows that pass at once after a quiet time', { min: 1, defaultText: 'rate' }),
  by: option.list('Columns: a rate for each of their values, such as comm; default: one for all'),
  max_keys: option.integer('Values remembered; the one unseen for longest is forgotten first', {
    min: 1,
    max: 1_000_000,
    default: 10_000,
  }),
};

/** `use: rate-limit`: what is above the rate is dropped, and counted as filtered. */
export default defineProcessor({
  options,
  fields: ({ by }) => by ?? [],
  check({ rate }) {
    if (rate === undefined) {
      throw new SkepError('SKEP_OPTION', 'processor rate-limit needs option "rate"', 'rate: 1000');
    }
  },
  create(input, { rate, burst, by, max_keys }) {
    // Of a snapshot every row counts: taken apart it would be wrong.
    if (input.shape !== 'events') return undefined;
    const columns = (by ?? []).map((name) => input.fields.findIndex((field) => field.name === name));
    if (columns.includes(-1)) return undefined;
    const buckets = new Buckets(rate!, burst ?? rate!, max_keys ?? 10_000);
    return {
      schema: input,
      process(batch) {
        const now = performance.now();
        const keep = new Uint8Array(batch.rows);
        if (columns.length === 0) keep.fill(1, 0, buckets.take('', batch.rows, now));
        else {
          const keys = rowKeys(batch, columns);
          for (let r = 0; r < batch.rows; r++) keep[r] = buckets.take(keys[r]!, 1, now);
        }
        return selectRows(batch, keep);
      },
    };
  },
});
