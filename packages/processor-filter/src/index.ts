import { defineProcessor, filterFields, filterProcessor, option, parseFilter, SkepError } from '@skep/core';

const options = { where: option.string('Rows that fit are kept, such as: uid == 0 && comm != "node"') };

/** `use: filter`: a `where` that several sinks and processors share. */
export default defineProcessor({
  options,
  fields: ({ where }) => (where === undefined ? [] : filterFields(parseFilter(where)).map(({ name }) => name)),
  check({ where }) {
    if (where === undefined)
      throw new SkepError('SKEP_OPTION', 'processor filter needs option "where"', 'where: ret < 0');
    parseFilter(where);
  },
  create: (input, { where }) => filterProcessor(where!, input, { missing: 'false' }),
});
