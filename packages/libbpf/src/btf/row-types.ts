import { type Field, meanings } from '@skep/core';
import type { RecordLayout } from './members.js';
import type { ObjectInfo } from './object-info.js';

/**
 * The TypeScript module that stands beside a plugin's `index.ts`: where the object is, and the types of its rows.
 *
 * @param object path of the `.bpf.o` from the module, such as `../dist/opensnoop.bpf.o`
 */
export function objectModule(info: ObjectInfo, object: string): string {
  const rings = [...info.rings].map(([name, record]) => `    ${name}: ${rowType(record, '    ')};`);
  const snapshots = [...info.snapshots].map(
    ([name, { key, value }]) =>
      `    ${name}: {\n      key: ${rowType(key, '      ')};\n      value: ${rowType(value, '      ')};\n    };`,
  );
  return `// Generated from the BTF of the object; not for editing.
import { objectFile } from '@skep/core';

export interface Types {
  rings: {
${rings.join('\n')}
  };
  snapshots: {
${snapshots.join('\n')}
  };
}

export default objectFile<Types & { rings: Record<string, object>; snapshots: Record<string, { key: object; value: object }> }>(
  new URL('${object}', import.meta.url),
);
`;
}

function rowType(record: RecordLayout, indent: string): string {
  const lines = record.members.map(({ field }) => {
    const doc = field.doc ? `${indent}  /** ${field.doc.replaceAll('*/', '* /')} */\n` : '';
    return `${doc}${indent}  ${field.name}: ${typeOf(field)};`;
  });
  return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`;
}

/** The type that core's `rowsOf` gives the field. */
function typeOf(field: Field): string {
  if (field.type === 'bool') return 'boolean';
  if (field.labels) return [...field.labels.values()].map((label) => `'${label}'`).join(' | ');
  const meaning = field.meaning === undefined ? undefined : meanings.get(field.meaning);
  if (meaning?.json === 'list') return 'readonly string[]';
  if (field.meaning === 'skep_ktime_t') return 'bigint';
  if (meaning?.json === 'text' || field.type === 'bytes') return 'string';
  return field.type === 'u64' || field.type === 'i64' ? 'bigint' : 'number';
}
