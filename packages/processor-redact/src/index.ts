import { randomBytes } from 'node:crypto';
import { type Column, defineProcessor, type Field, option, type Schema, SkepError } from '@skep/core';
import { hashed } from './hash.js';
import { truncated } from './truncate.js';

const options = {
  drop: option.list('Columns that are left out'),
  hash: option.list('Columns whose text becomes 16 hex digits: equal for equal texts'),
  key: option.string('Secret of the hashes: the same on several machines makes them comparable', {
    defaultText: 'random, new with every start',
  }),
  truncate: option.list('Columns whose text is cut'),
  keep: option.integer('Bytes that stay of a text that is cut', { min: 0, max: 65536, default: 8 }),
};

type Change = (column: Column, rows: number) => Column;

/** `use: redact`. */
export default defineProcessor({
  options,
  fields: ({ drop, hash, truncate }) => [...(drop ?? []), ...(hash ?? []), ...(truncate ?? [])],
  check({ drop, hash, truncate }) {
    const all = [...(drop ?? []), ...(hash ?? []), ...(truncate ?? [])];
    if (all.length === 0) {
      throw new SkepError('SKEP_OPTION', 'processor redact needs one of drop, hash and truncate', 'hash: [path]');
    }
    const twice = all.find((name, i) => all.indexOf(name) !== i);
    if (twice !== undefined) {
      throw new SkepError('SKEP_OPTION', `processor redact: column "${twice}" is named twice`, 'name it once');
    }
  },
  create(input, { drop = [], hash = [], key, truncate = [], keep = 8 }) {
    const secret = key ?? randomBytes(32);
    const kept: { readonly index: number; readonly field: Field; readonly change: Change | undefined }[] = [];
    for (const [index, field] of input.fields.entries()) {
      if (drop.includes(field.name)) continue;
      const change = changeOf(field);
      const isHash = hash.includes(field.name);
      kept.push({ index, field: isHash ? { ...field, meaning: undefined, labels: undefined } : field, change });
    }
    if (kept.length === input.fields.length && kept.every(({ change }) => !change)) return undefined;
    if (kept.length === 0) {
      throw new SkepError(
        'SKEP_OPTION',
        `processor redact: nothing is left of ${input.plugin}.${input.stream}`,
        'drop less',
      );
    }
    const schema = schemaWith(
      input,
      kept.map(({ field }) => field),
    );
    return {
      schema,
      process: (batch) => ({
        ...batch,
        schema,
        columns: kept.map(({ index, change }) => {
          const column = batch.columns[index]!;
          return change ? change(column, batch.rows) : column;
        }),
      }),
    };

    function changeOf(field: Field): Change | undefined {
      const [isHash, isCut] = [hash.includes(field.name), truncate.includes(field.name)];
      if (!isHash && !isCut) return undefined;
      if (field.type !== 'bytes' || (isCut && field.meaning === 'skep_ip_t')) {
        const message = `processor redact: column "${field.name}" is no text, it cannot be ${isHash ? 'hashed' : 'cut'}`;
        throw new SkepError('SKEP_OPTION', message, `drop: [${field.name}]`);
      }
      return isHash ? hashed(secret) : truncated(keep);
    }
  },
});

/** What is gone from the rows is gone from the table too. */
function schemaWith(input: Schema, fields: readonly Field[]): Schema {
  const has = (name: string) => fields.some((field) => field.name === name);
  const columns = input.layout.columns.filter(({ field }) => has(field));
  return { ...input, fields, keys: input.keys.filter(has), layout: { ...input.layout, columns } };
}
