import { describe, expect, it } from 'vitest';
import { parseStatement } from './statement.js';
import { stringLiteral, stringValue, tokensOf } from './tokens.js';

const kind = (sql: string) => parseStatement(sql).kind;
const words = (sql: string) => [...tokensOf(sql)].map(({ start, end }) => sql.slice(start, end));

describe('tokens', () => {
  it('keep what is quoted together and leave comments out', () => {
    expect(words("a 'it''s; \\' -- x' -- b\n/* ; */ `c;` \"d\"\"e\" $x$ ; $x$")).toEqual([
      'a',
      "'it''s; \\' -- x'",
      '`c;`',
      '"d""e"',
      '$x$ ; $x$',
    ]);
  });

  it('end at a string that never ends', () => {
    expect([...tokensOf("select 'a; b")].at(-1)).toEqual({ kind: 'broken', start: 7, end: 12 });
  });

  it('take a string of a million characters', () => {
    expect(words(`'${'x\\\\'.repeat(330_000)}'`)).toHaveLength(1);
  });

  it('read back what was made a literal', () => {
    for (const text of ["it's", 'a\\b', 'tab\tline\n\0end', '']) expect(stringValue(stringLiteral(text))).toBe(text);
  });
});

describe('a statement', () => {
  it('is told by its first word, behind comments', () => {
    expect(kind('-- hello\nselect 1')).toBe('select');
    expect(kind('/* a */ (SELECT 1)')).toBe('select');
    expect(kind('with 1 as a select a')).toBe('select');
    expect(kind('with 1 as a insert into t select a')).toBe('write');
    expect(kind('show tables')).toBe('show');
    expect(kind('DROP TABLE t')).toBe('write');
    expect(kind(' ; ')).toBe('write');
    expect(kind(' -- nothing\n')).toBe('empty');
  });

  it('loses its semicolon; a second one is seen', () => {
    expect(parseStatement('select 1 ; -- end').text).toBe('select 1');
    expect(parseStatement("select ';' ; drop table t").second).toBe(13);
    expect(parseStatement('select 1;;').second).toBeUndefined();
    expect(parseStatement('insert into t select 1; drop table t').second).toBe(24);
  });

  it('names its format', () => {
    expect(parseStatement('select 1 format JSONEachRow').format).toBe('JSONEachRow');
    expect(parseStatement("select 'x format CSV'").format).toBeUndefined();
    expect(parseStatement('select format from t').format).toBeUndefined();
    expect(parseStatement('select 1 format TSV settings max_threads = 1').format).toBe('TSV');
  });

  it('that writes a file is seen', () => {
    expect(parseStatement("select 1 into outfile '/tmp/x'").hasOutfile).toBe(true);
    expect(parseStatement("select 'into outfile'").hasOutfile).toBe(false);
  });
});

describe('an INSERT', () => {
  const insertOf = (sql: string) => {
    const { text, insert, ...rest } = parseStatement(sql);
    return { ...rest, head: text.slice(0, insert!.end), tail: text.slice(insert!.end), text, ...insert! };
  };

  it('is split where a file can be named', () => {
    const { head, tail, data, format } = insertOf('insert into db.t (a, `b`) settings x=1 format CSV\n1,2\n');
    expect(head).toBe('insert into db.t (a, `b`) ');
    expect(tail).toBe('settings x=1 format CSV');
    expect(format).toBe('CSV');
    expect(data).toBe('1,2\n');
  });

  it('never reads its data as SQL', () => {
    const { data, second } = insertOf('INSERT INTO t FORMAT JSONEachRow {"a":"\'; drop table t"}\n\ndrop table t');
    expect(second).toBeUndefined();
    expect(data).toBe('{"a":"\'; drop table t"}\n\ndrop table t');
    expect(insertOf("insert into t values (1, 'a\n\nb'), (2, ';')").data).toBe(" (1, 'a\n\nb'), (2, ';')");
  });

  it('may go into tables with the names of keywords', () => {
    expect(insertOf('insert into format (a) values (1)').head).toBe('insert into format (a) ');
    expect(insertOf('insert into a.format format TSV').head).toBe('insert into a.format ');
    expect(insertOf('insert into table values format TSV').head).toBe('insert into table values ');
  });

  it('from a file names it', () => {
    const { infile, compression, text } = insertOf(
      "INSERT INTO t FROM INFILE '/a/b' COMPRESSION 'br' SETTINGS k = 1 FORMAT Native",
    );
    expect(text.slice(infile!.start, infile!.end)).toBe("'/a/b'");
    expect(text.slice(compression!.start, compression!.end)).toBe("'br'");
  });

  it('of a SELECT is a statement like others', () => {
    expect(parseStatement('insert into t (a) select 1 from format')).toMatchObject({
      kind: 'write',
      insert: undefined,
      text: 'insert into t (a) select 1 from format',
    });
  });
});
