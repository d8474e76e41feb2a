import { createHmac } from 'node:crypto';
import { rowsOf } from '@skep/core';
import { batchOf, schemaOf, testProcessor } from '@skep/testing';
import { describe, expect, it } from 'vitest';
import redact from './index.js';

const context = { name: 'safe', folder: '/', log: console };
const options = { drop: undefined, hash: undefined, key: 'k', truncate: undefined, keep: 8 };
const opens = schemaOf('opens', [{ name: 'uid' }, { name: 'path', type: 'bytes', size: 256 }], {
  keys: ['uid', 'path'],
});

testProcessor((input) => redact.create(input, { ...options, hash: ['text'] }, context));
testProcessor((input) => redact.create(input, { ...options, truncate: ['text'], keep: 3 }, context));
testProcessor((input) => redact.create(input, { ...options, drop: ['text', 'signed'] }, context));

function redacted(some: Partial<typeof options> & object, paths: readonly (string | Uint8Array)[]) {
  const processor = redact.create(opens, { ...options, ...some } as typeof options, context)!;
  return {
    processor,
    rows: rowsOf(
      processor.process(
        batchOf(
          opens,
          paths.map((path, uid) => ({ uid, path })),
        ),
      ),
    ),
  };
}

describe('redact', () => {
  it('leaves columns out, also of the table and the keys', () => {
    const { processor, rows } = redacted({ drop: ['path'] as never }, ['/a', '/b']);
    expect(rows).toEqual([{ uid: 0 }, { uid: 1 }]);
    expect(processor.schema).toMatchObject({ keys: ['uid'], layout: { columns: [{ field: 'uid' }] } });
  });

  it('hashes texts with the key: equal texts stay equal, an empty one stays empty', () => {
    const { rows } = redacted({ hash: ['path'] as never }, ['/home/ada', '', '/home/bob', '/home/ada']);
    const expected = (text: string) => createHmac('sha256', 'k').update(text).digest('hex').slice(0, 16);
    expect(rows.map(({ path }) => path)).toEqual([
      expected('/home/ada'),
      '',
      expected('/home/bob'),
      expected('/home/ada'),
    ]);
  });

  it('hashes differently with every start when there is no key', () => {
    const hash = () => redacted({ hash: ['path'] as never, key: undefined as never }, ['/home/ada']).rows[0]!.path;
    expect(hash()).toMatch(/^[0-9a-f]{16}$/);
    expect(hash()).not.toBe(hash());
  });

  it('cuts texts, never within a character', () => {
    const { rows } = redacted({ truncate: ['path'] as never, keep: 4 }, ['/etc/passwd', '/ab', 'aéé€', '🐝🐝', '']);
    expect(rows.map(({ path }) => path)).toEqual(['/etc', '/ab', 'aé', '🐝', '']);
  });

  it('cuts bytes that are no UTF-8 where they are', () => {
    const processor = redact.create(opens, { ...options, truncate: ['path'], keep: 2 } as never, context)!;
    const output = processor.process(batchOf(opens, [{ uid: 0, path: Uint8Array.of(0x80, 0x81, 0x82, 0x83) }]));
    expect(output.columns[1]).toMatchObject({ data: Uint8Array.of(0x80, 0x81) });
  });

  it('lets a stream pass that has none of the columns', () => {
    expect(
      redact.create(schemaOf('other', [{ name: 'n' }]), { ...options, drop: ['path'] } as never, context),
    ).toBeUndefined();
  });

  it.each([
    [{ hash: ['uid'] }, 'column "uid" is no text, it cannot be hashed'],
    [{ truncate: ['uid'] }, 'column "uid" is no text, it cannot be cut'],
    [{ drop: ['uid', 'path'] }, 'nothing is left of tool.opens'],
  ])('refuses %j', (some, message) => {
    expect(() => redact.create(opens, { ...options, ...some } as never, context)).toThrow(message);
  });

  it.each([
    [{}, 'needs one of drop, hash and truncate'],
    [{ drop: ['a'], hash: ['a'] }, 'column "a" is named twice'],
  ])('refuses options %j', (some, message) => {
    expect(() => redact.check!({ ...options, ...some } as never)).toThrow(message);
  });
});
