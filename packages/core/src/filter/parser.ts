import type { ConstantNode, FieldName, FilterAst, FilterNode, Literal, TestKind } from './ast.js';
import { type Token, tokenize } from './lexer.js';
import { integerLiteral, regexLiteral, textLiteral } from './literals.js';
import { type FilterPlace, FilterSource } from './source.js';

/** Longest expression, in characters, and deepest nesting: more than anyone writes, less than a stack holds. */
export const FILTER_LIMITS = { length: 4096, depth: 100 } as const;

const WORDS: ReadonlySet<string> = new Set([
  'and',
  'or',
  'not',
  'in',
  'contains',
  'startswith',
  'endswith',
  'true',
  'false',
]);

/** Operators, by spelling: what is tested, and whether the answer is turned round. */
const OPERATORS: ReadonlyMap<string, readonly [test: TestKind, negated: boolean]> = new Map([
  ['==', ['in', false]],
  ['!=', ['in', true]],
  ['<', ['lt', false]],
  ['>=', ['lt', true]],
  ['<=', ['le', false]],
  ['>', ['le', true]],
  ['=~', ['match', false]],
  ['!~', ['match', true]],
  ['in', ['in', false]],
  ['contains', ['contains', false]],
  ['startswith', ['startswith', false]],
  ['endswith', ['endswith', false]],
]);

const utf8 = new TextEncoder();

/**
 * Parse a filter expression such as `uid == 0 && comm != 'node'`; `docs/filters.md` describes the language.
 *
 * @throws SkepError SKEP_FILTER whose `location` points at the first mistake.
 */
export function parseFilter(text: string, place: FilterPlace = {}): FilterAst {
  const source = new FilterSource(text, place);
  if (text.length > FILTER_LIMITS.length) {
    const at = { start: FILTER_LIMITS.length, end: FILTER_LIMITS.length + 1 };
    throw source.error(at, `the expression is longer than ${FILTER_LIMITS.length} characters`, 'shorten it');
  }
  return { source, root: new Parser(source).all() };
}

class Parser {
  private readonly source: FilterSource;
  private readonly tokens: readonly Token[];
  private next = 0;
  private depth = 0;

  constructor(source: FilterSource) {
    this.source = source;
    this.tokens = tokenize(source);
  }

  all(): FilterNode {
    const root = this.chain('or');
    const token = this.peek();
    if (token.text === ')') throw this.source.error(token, 'this parenthesis was never opened', 'remove it');
    if (token.kind !== 'end') {
      throw this.source.error(token, `unexpected ${shown(token)}`, 'join tests with && or ||');
    }
    return root;
  }

  /** Terms joined by one operator; `&&` binds closer than `||`. */
  private chain(kind: 'and' | 'or'): FilterNode {
    const term = () => (kind === 'or' ? this.chain('and') : this.term());
    const terms = [term()];
    while (this.accept(kind === 'or' ? '||' : '&&') || this.accept(kind)) terms.push(term());
    return terms.length === 1 ? terms[0]! : { kind, terms };
  }

  private term(): FilterNode {
    const token = this.peek();
    if (this.accept('!') || this.accept('not')) return this.nested(token, () => ({ kind: 'not', term: this.term() }));
    if (!this.accept('(')) return this.test();
    return this.nested(token, () => {
      const inner = this.chain('or');
      const close = this.peek();
      if (this.accept(')')) return inner;
      if (close.kind === 'end') throw this.source.error(token, 'this parenthesis is never closed', 'add a )');
      throw this.source.error(close, `unexpected ${shown(close)}`, 'expected && or || or )');
    });
  }

  private nested(at: Token, parse: () => FilterNode): FilterNode {
    if (++this.depth > FILTER_LIMITS.depth) {
      throw this.source.error(at, `nested deeper than ${FILTER_LIMITS.depth}`, 'simplify the expression');
    }
    const node = parse();
    this.depth--;
    return node;
  }

  private test(): FilterNode {
    const constant = this.constant();
    if (constant) return constant;
    const field = this.field();
    const first = this.peek();
    const turned = first.text === 'not' && first.kind === 'name';
    if (turned) this.next++;
    const token = this.peek();
    const operator = token.kind === 'operator' || token.kind === 'name' ? OPERATORS.get(token.text) : undefined;
    if (!operator || (turned && token.kind !== 'name')) {
      if (turned) throw this.source.error(first, 'expected in, contains, startswith or endswith after not');
      if (token.kind === 'name' && !WORDS.has(token.text)) {
        throw this.source.error(token, `expected an operator, got ${shown(token)}`, '== != < <= > >= in =~ contains');
      }
      return { kind: 'flag', field };
    }
    this.next++;
    const [test, negated] = operator;
    const operands = token.text === 'in' ? this.list(token) : [this.literal(token)];
    const symbol = turned ? `not ${token.text}` : token.text;
    return { kind: 'test', field, test, negated: negated !== turned, symbol, operands };
  }

  private constant(): ConstantNode | undefined {
    if (this.accept('true')) return { kind: 'constant', value: true };
    if (this.accept('false')) return { kind: 'constant', value: false };
    return undefined;
  }

  private field(): FieldName {
    const token = this.peek();
    if (token.kind === 'name' && !WORDS.has(token.text)) {
      this.next++;
      return { name: token.text, at: token };
    }
    if (token.kind === 'end') throw this.missing('a field name');
    const isValue = token.kind === 'number' || token.kind === 'string' || token.kind === 'address';
    const remedy = isValue ? 'the field stands on the left: pid == 1' : '';
    throw this.source.error(token, `expected a field name, got ${shown(token)}`, remedy);
  }

  private list(after: Token): Literal[] {
    const open = this.peek();
    if (!this.accept('(')) {
      if (open.kind === 'end') throw this.missing('a list');
      throw this.source.error(open, `expected a list after ${after.text}, got ${shown(open)}`, 'write in (1, 2, 3)');
    }
    const items: Literal[] = [];
    do items.push(this.literal(after));
    while (this.accept(','));
    const close = this.peek();
    if (this.accept(')')) return items;
    if (close.kind === 'end') throw this.source.error(open, 'this parenthesis is never closed', 'add a )');
    throw this.source.error(close, `unexpected ${shown(close)}`, 'expected , or )');
  }

  private literal(after: Token): Literal {
    const token = this.peek();
    const { source } = this;
    if ((after.text === '=~' || after.text === '!~') && token.kind !== 'regex' && token.kind !== 'end') {
      throw source.error(token, `expected a regular expression, got ${shown(token)}`, "write =~ '^a' or =~ /^a/i");
    }
    this.next++;
    switch (token.kind) {
      case 'number':
        return integerLiteral(source, token);
      case 'string':
        return textLiteral(source, token);
      case 'address':
        return { kind: 'text', text: token.text, bytes: utf8.encode(token.text), at: token };
      case 'regex':
        return regexLiteral(source, token);
      case 'end':
        this.next--;
        throw this.missing(`a value after ${after.text}`);
      default:
        if (token.text === 'true' || token.text === 'false') {
          return { kind: 'boolean', value: token.text === 'true', at: token };
        }
        throw source.error(
          token,
          `expected a value after ${after.text}, got ${shown(token)}`,
          token.kind === 'name' ? `text is written in quotes: '${token.text}'` : '',
        );
    }
  }

  /** The expression ends where more was needed: point just behind its last character. */
  private missing(what: string): Error {
    const { text } = this.source;
    const end = text.trimEnd().length;
    const at = { start: end, end: end + 1 };
    return this.source.error(at, `expected ${what}, and the expression ends`, end === 0 ? 'write pid == 1' : '');
  }

  private peek(): Token {
    return this.tokens[this.next]!;
  }

  /** Step over the operator or word `text` when it is next. */
  private accept(text: string): boolean {
    const token = this.peek();
    if (token.text !== text || (token.kind !== 'operator' && token.kind !== 'name')) return false;
    this.next++;
    return true;
  }
}

function shown(token: Token): string {
  return token.kind === 'end' ? 'the end of the expression' : `"${token.text}"`;
}
