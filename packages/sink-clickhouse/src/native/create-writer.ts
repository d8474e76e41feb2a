import { type Batch, meanings as builtin, type Field, type Meanings } from '@skep/core';
import type { Identity } from '../identity.js';
import type { Encoding } from '../schema/representation.js';
import { eachFrame, stackId } from '../schema/stacks.js';
import type { Column, Table } from '../schema/table.js';
import { isPlainText } from '../schema/value-kind.js';
import type { ColumnWriter } from './column-writer.js';
import { DictionarySink } from './dictionary-sink.js';
import { AddressWriter, BatchValueWriter, HashWriter, NumbersWriter, SequenceWriter } from './fixed-writers.js';
import { StringSink } from './string-sink.js';
import type { TextSink } from './text-sink.js';
import { BytesWriter, ConstantWriter, ListWriter, MeaningWriter, textOfField } from './text-writers.js';

/** What fills this column of a block. */
export function createColumnWriter(
  column: Column,
  { schema }: Table,
  identity: Identity,
  meanings: Meanings = builtin,
): ColumnWriter {
  const { values, representation } = column;
  const sink = () => createSink(representation.encoding);
  switch (values.from) {
    case 'host':
      return new ConstantWriter(sink(), identity.host);
    case 'boot':
      return new ConstantWriter(sink(), identity.boot);
    case 'source':
      return new ConstantWriter(sink(), schema.source);
    case 'unit':
      return new ConstantWriter(sink(), schema.layout.histogram?.unit ?? '');
    case 'sequence':
      return new SequenceWriter();
    case 'interval':
      return new BatchValueWriter(8, ({ snapshot }) => snapshot?.intervalNs ?? 0n);
    case 'complete':
      return new BatchValueWriter(1, ({ snapshot }) => (snapshot?.complete === false ? 0n : 1n));
    case 'clock':
      return column.kind === 'seconds'
        ? new BatchValueWriter(4, (batch) => now(batch) / 1_000_000_000n)
        : new BatchValueWriter(8, now);
    case 'stack-id':
      return new HashWriter(values.index, stackId);
    case 'frames':
      return new ListWriter(sink(), values.index, (to, data, start, end) =>
        eachFrame(data, start, end, (from, until) => to.put(data, from, until)),
      );
    case 'field':
      return createFieldWriter(column, schema.fields[values.index]!, values.index, meanings);
  }
}

function createFieldWriter(
  { kind, representation }: Column,
  field: Field,
  index: number,
  meanings: Meanings,
): ColumnWriter {
  if (kind === 'ip') return new AddressWriter(index);
  if (representation.encoding === 'fixed') return new NumbersWriter(index);
  const sink = createSink(representation.encoding);
  if (kind === 'list') {
    const list = meanings.get(field.meaning!)!.list!;
    return new ListWriter(sink, index, (to, data, start, end) => {
      const items = list(data.subarray(start, end));
      for (const item of items) to.put(item, 0, item.length);
      return items.length;
    });
  }
  return isPlainText(field, meanings)
    ? new BytesWriter(sink, index)
    : new MeaningWriter(sink, index, textOfField(field, meanings));
}

/** Where the texts of a column of this encoding, or the elements of its lists, are put. */
export function createSink(encoding: Encoding): TextSink {
  return encoding === 'dictionary' || encoding === 'dictionaries' ? new DictionarySink() : new StringSink();
}

/** The moment of a batch whose rows have no time of their own. */
function now({ snapshot }: Batch): bigint {
  return snapshot?.timeNs ?? BigInt(Date.now()) * 1_000_000n;
}
