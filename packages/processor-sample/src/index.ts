import { defineProcessor, option, SkepError, selectRows } from '@skep/core';
import { hashRows } from './hash-rows.js';

const options = {
  one_in: option.integer('Keep one row of this many', { min: 2 }),
  by: option.list('Columns: rows that are equal in them are kept or dropped together; default: every nth row'),
};

/** 2^32: as many values as the hash has. */
const HASHES = 4294967296;

/** `use: sample`. */
export default defineProcessor({
  options,
  fields: ({ by }) => by ?? [],
  check({ one_in }) {
    if (one_in === undefined) {
      throw new SkepError('SKEP_OPTION', 'processor sample needs option "one_in"', 'one_in: 10');
    }
  },
  create(input, { one_in, by }) {
    const every = one_in!;
    const columns = by?.map((name) => input.fields.findIndex((field) => field.name === name));
    if (columns?.includes(-1)) return undefined;
    // A snapshot with rows missing would be wrong, not smaller.
    if (input.shape !== 'events' && !columns) return undefined;
    let seen = 0;
    return {
      schema: input,
      process(batch) {
        const keep = new Uint8Array(batch.rows);
        if (columns) {
          const hashes = hashRows(batch, columns);
          for (let r = 0; r < batch.rows; r++) keep[r] = hashes[r]! < HASHES / every ? 1 : 0;
        } else {
          for (let r = 0; r < batch.rows; r++, seen = (seen + 1) % every) keep[r] = seen === 0 ? 1 : 0;
        }
        return selectRows(batch, keep);
      },
    };
  },
});
