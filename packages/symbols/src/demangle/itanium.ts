import { MangledText, Unreadable } from './mangled-text.js';
import { join, pointer, reference, type Type } from './types.js';
import { BUILTIN, BUILTIN_D, OPERATOR, STANDARD, SUFFIX } from './words.js';

/** A name, and whether it ends in template arguments: functions that do have a return type in their encoding. */
interface Name {
  readonly text: string;
  readonly isTemplate: boolean;
  /** No return type is written for it: constructors, destructors, conversions. */
  readonly isSpecial: boolean;
  /** const, volatile, & of a member function. */
  readonly qualifiers: string;
}

type TemplateArgument = string | readonly string[];

/**
 * Reads the names of the Itanium C++ ABI, of g++ and clang, without the parameters of the function itself: frames of a
 * stack are told apart by their functions. Everything is bounded, since symbols are written by whoever is traced.
 *
 * @see https://itanium-cxx-abi.github.io/cxx-abi/abi.html#mangling
 */
export class ItaniumReader extends MangledText {
  private readonly substitutions: Type[] = [];
  private templateArguments: readonly TemplateArgument[] = [];
  private packIndex: number | undefined;
  private packSize: number | undefined;

  /** The name of the function `_Z...`; undefined when it cannot be read. */
  static read(symbol: string): string | undefined {
    try {
      const reader = new ItaniumReader(symbol);
      reader.at = 2;
      return reader.encoding(false);
    } catch (error) {
      if (error instanceof Unreadable) return undefined;
      throw error;
    }
  }

  private remember(type: Type): Type {
    this.bounded(type.left + type.right);
    this.substitutions.push(type);
    return type;
  }

  /** A function with its parameters when `isWhole`; without them where it is the symbol itself. */
  private encoding(isWhole: boolean): string {
    return this.deeper(() => {
      if (this.peek() === 'T' || this.peek() === 'G') return this.special();
      const name = this.name();
      if (!isWhole) return this.bounded(name.text);
      if (this.at >= this.text.length || this.peek() === 'E' || this.peek() === '.') return name.text;
      if (name.isTemplate && !name.isSpecial) this.type();
      return this.bounded(`${name.text}(${this.parameters().join(', ')})${name.qualifiers}`);
    });
  }

  private special(): string {
    const thunk = this.thunk();
    if (thunk !== undefined) return `${thunk} to ${this.encoding(true)}`;
    if (this.take('GTt')) return `transaction clone for ${this.encoding(true)}`;
    if (this.take('TW')) return `TLS wrapper function for ${this.name().text}`;
    if (this.take('TH')) return `TLS init function for ${this.name().text}`;
    return this.fail();
  }

  /** Functions that correct `this` and go on to another; their offsets are passed over. */
  private thunk(): string | undefined {
    if (this.take('Th')) {
      this.callOffset('h');
      return 'non-virtual thunk';
    }
    if (this.take('Tv')) {
      this.callOffset('v');
      return 'virtual thunk';
    }
    if (!this.take('Tc')) return undefined;
    for (let i = 0; i < 2; i++) {
      const kind = this.take('h') ? 'h' : 'v';
      if (kind === 'v') this.need('v');
      this.callOffset(kind);
    }
    return 'covariant return thunk';
  }

  private callOffset(kind: 'h' | 'v'): void {
    const offset = () => {
      this.take('n');
      this.number();
      this.need('_');
    };
    offset();
    if (kind === 'v') offset();
  }

  private name(): Name {
    return this.deeper(() => {
      if (this.peek() === 'N') return this.nested();
      if (this.peek() === 'Z') return this.local();
      let isTemplate = false;
      let special = false;
      let text: string;
      if (this.peek() === 'S' && this.text[this.at + 1] !== 't') {
        text = this.substitution().left;
        if (this.peek() !== 'I') this.fail();
      } else {
        const scope = this.take('St') ? 'std::' : '';
        const { name, isConversion } = this.unqualified('');
        special = isConversion;
        text = scope + name;
        if (this.peek() === 'I') this.remember({ left: text, right: '' });
      }
      if (this.peek() === 'I') {
        text = withArguments(text, this.arguments());
        isTemplate = true;
      }
      return { text: this.bounded(text), isTemplate, isSpecial: special, qualifiers: '' };
    });
  }

  private nested(): Name {
    this.need('N');
    const qualifiers = this.qualifiers() + (this.take('R') ? ' &' : this.take('O') ? ' &&' : '');
    let text = '';
    let last = '';
    let isTemplate = false;
    let isSpecial = false;
    while (!this.take('E')) {
      this.step();
      const next = this.peek();
      if (next === 'I') {
        if (text === '') this.fail();
        text = withArguments(text, this.arguments());
        isTemplate = true;
        if (this.peek() !== 'E') this.remember({ left: text, right: '' });
        continue;
      }
      if (next === 'S' && this.text[this.at + 1] !== 't') {
        if (text !== '') this.fail();
        const scope = STANDARD[this.text[this.at + 1] ?? '']?.[1];
        const type = this.substitution();
        text = scope ?? type.left + type.right;
        last = lastPart(text);
        isTemplate = false;
        continue;
      }
      if (next === 'S') {
        this.need('St');
        text = 'std';
        continue;
      }
      if (next === 'T' || (next === 'D' && /[tT]/.test(this.text[this.at + 1] ?? ''))) {
        if (text !== '') this.fail();
        text = this.type().left;
        last = lastPart(text);
        continue;
      }
      if (this.take('M')) continue;
      const { name, isConversion } = this.unqualified(last);
      text = text === '' ? name : `${text}::${name}`;
      last = name;
      isTemplate = false;
      isSpecial = isConversion;
      this.bounded(text);
      if (this.peek() !== 'E') this.remember({ left: text, right: '' });
    }
    return { text: this.bounded(text), isTemplate, isSpecial, qualifiers };
  }

  private local(): Name {
    this.need('Z');
    const outer = this.templateArguments;
    const scope = this.encoding(true);
    this.templateArguments = outer;
    this.need('E');
    if (this.take('s')) {
      this.discriminator();
      return { text: `${scope}::string literal`, isTemplate: false, isSpecial: false, qualifiers: '' };
    }
    if (this.take('d')) {
      const index = this.sequence(10);
      const inner = this.name();
      return { ...inner, text: this.bounded(`${scope}::{default arg#${index + 1}}::${inner.text}`) };
    }
    const inner = this.name();
    this.discriminator();
    return { ...inner, text: this.bounded(`${scope}::${inner.text}`) };
  }

  private discriminator(): void {
    const match = /^_(\d|_\d+_)/.exec(this.text.slice(this.at, this.at + 12));
    if (match) this.at += match[0].length;
  }

  private qualifiers(): string {
    let text = '';
    const restrict = this.take('r');
    const volatile = this.take('V');
    if (this.take('K')) text += ' const';
    if (volatile) text += ' volatile';
    return restrict ? `${text} restrict` : text;
  }

  /** @param scope the last part of the class, which constructors are called by */
  private unqualified(scope: string): { readonly name: string; readonly isConversion: boolean } {
    const plain = (name: string, isConversion = false) => ({ name: name + this.tags(), isConversion });
    this.take('L');
    const next = this.peek();
    if (/\d/.test(next)) return plain(this.source());
    if (/^C[I]?[1-5]/.test(this.text.slice(this.at, this.at + 3))) {
      this.at += this.text[this.at + 1] === 'I' ? 3 : 2;
      if (scope === '') this.fail();
      return plain(bare(scope), true);
    }
    if (/^D[0-5]/.test(this.text.slice(this.at, this.at + 2))) {
      this.at += 2;
      if (scope === '') this.fail();
      return plain(`~${bare(scope)}`, true);
    }
    if (this.take('DC')) {
      const names: string[] = [];
      while (!this.take('E')) names.push(this.source());
      return plain(`[${names.join(', ')}]`);
    }
    if (this.take('Ut')) return plain(`{unnamed type#${this.sequence(10) + 1}}`);
    if (this.take('Ul')) {
      const parameters = this.parameters();
      this.need('E');
      return plain(`{lambda(${parameters.join(', ')})#${this.sequence(10) + 1}}`);
    }
    if (this.take('cv')) {
      const type = this.type();
      return plain(`operator ${type.left}${type.right}`, true);
    }
    if (this.take('li')) return plain(`operator"" ${this.source()}`);
    const operator = OPERATOR[this.text.slice(this.at, this.at + 2)];
    if (operator === undefined) this.fail();
    this.at += 2;
    return plain(`operator${operator}`);
  }

  /** ABI tags: `[abi:cxx11]`. */
  private tags(): string {
    let text = '';
    while (this.take('B')) text += `[abi:${this.source()}]`;
    return text;
  }

  private source(): string {
    const length = this.number();
    const name = this.text.slice(this.at, this.at + length);
    if (length === 0 || name.length < length) this.fail();
    this.at += length;
    return name.startsWith('_GLOBAL__N') ? '(anonymous namespace)' : name;
  }

  private substitution(): Type {
    this.need('S');
    const standard = STANDARD[this.peek()];
    if (standard) {
      this.at++;
      return { left: standard[0], right: '' };
    }
    return this.substitutions[this.sequence(36)] ?? this.fail();
  }

  private arguments(): string {
    return this.deeper(() => {
      this.need('I');
      const list: TemplateArgument[] = [];
      while (!this.take('E')) list.push(this.argument());
      const text = this.bounded(list.flat().join(', '));
      this.templateArguments = list;
      return `<${text}${text.endsWith('>') ? ' ' : ''}>`;
    });
  }

  private argument(): TemplateArgument {
    return this.deeper(() => {
      if (this.take('J')) {
        const pack: string[] = [];
        while (!this.take('E')) pack.push(...[this.argument()].flat());
        return pack;
      }
      if (this.peek() === 'L') return this.literal();
      if (this.peek() === 'X') return this.fail();
      const type = this.typeOrPack();
      return Array.isArray(type) ? type : join(type as Type);
    });
  }

  private literal(): string {
    this.need('L');
    if (this.take('_Z') || this.take('Z')) {
      const text = this.encoding(true);
      this.need('E');
      return text;
    }
    const kind = this.peek();
    const type = join(this.type());
    const end = this.text.indexOf('E', this.at);
    const value = this.text.slice(this.at, end).replace(/^n/, '-');
    if (end < 0) this.fail();
    this.at = end + 1;
    if (kind === 'b' && (value === '0' || value === '1')) return value === '1' ? 'true' : 'false';
    const suffix = SUFFIX[kind];
    return suffix === undefined ? `(${type})${value}` : `${value}${suffix}`;
  }

  private parameters(): string[] {
    const list: string[] = [];
    while (this.at < this.text.length && !/[E.]/.test(this.peek())) {
      const type = this.typeOrPack();
      if (Array.isArray(type)) list.push(...(type as string[]));
      else list.push(join(type as Type));
    }
    return list.length === 1 && list[0] === 'void' ? [] : list;
  }

  /** A type, or for `Dp` the types that it stands for. */
  private typeOrPack(): Type | readonly string[] {
    if (!this.take('Dp')) return this.type();
    const start = this.at;
    const [outerIndex, outerSize] = [this.packIndex, this.packSize];
    const read = (index: number) => {
      this.at = start;
      this.packIndex = index;
      return join(this.type());
    };
    this.packSize = undefined;
    const known = this.substitutions.length;
    const first = read(0);
    const grown = this.substitutions.slice(known);
    const size: number = this.packSize ?? 1;
    const all = size === 0 ? [] : [first];
    for (let i = 1; i < size; i++) {
      this.substitutions.length = known;
      all.push(read(i));
    }
    this.substitutions.length = known;
    this.substitutions.push(...grown);
    [this.packIndex, this.packSize] = [outerIndex, outerSize];
    return all;
  }

  private type(): Type {
    return this.deeper(() => {
      const next = this.peek();
      const builtin = BUILTIN[next];
      if (builtin !== undefined) {
        this.at++;
        return { left: builtin, right: '' };
      }
      if (/[rVK]/.test(next)) {
        const qualifiers = this.qualifiers();
        const type = this.type();
        return this.remember(
          type.isWrapped
            ? { ...type, right: type.right + qualifiers }
            : { left: type.left + qualifiers, right: type.right },
        );
      }
      if (this.take('P')) return this.remember(pointer(this.type(), '*'));
      if (this.take('R')) return this.remember(reference(this.type(), '&'));
      if (this.take('O')) return this.remember(reference(this.type(), '&&'));
      if (next === 'F') return this.remember(this.functionType());
      if (next === 'A') return this.remember(this.arrayType());
      if (this.take('M')) return this.remember(this.memberType());
      if (next === 'T' && !/[sue]/.test(this.text[this.at + 1] ?? '')) return this.templateParameter();
      if (next === 'D') return this.extendedType();
      if (this.take('U')) {
        const vendor = this.source();
        const type = this.type();
        return this.remember({ ...type, left: `${type.left} ${vendor}` });
      }
      if (this.take('u')) return this.remember({ left: this.source(), right: '' });
      if (next === 'S' && this.text[this.at + 1] !== 't') {
        const type = this.substitution();
        if (this.peek() !== 'I') return type;
        return this.remember({ left: type.left + this.inOwnScope(() => this.arguments()), right: '' });
      }
      for (const word of ['Ts', 'Tu', 'Te']) if (this.take(word)) break;
      return this.remember({ left: this.inOwnScope(() => this.name().text), right: '' });
    });
  }

  /** Arguments of a class in a parameter are not those that T_ of the function stands for. */
  private inOwnScope<T>(read: () => T): T {
    const outer = this.templateArguments;
    const result = read();
    this.templateArguments = outer;
    return result;
  }

  private templateParameter(): Type {
    this.need('T');
    const argument = this.templateArguments[this.sequence(10)];
    if (argument === undefined) this.fail();
    let text: string;
    if (typeof argument === 'string') text = argument;
    else if (this.packIndex === undefined) text = argument.join(', ');
    else {
      this.packSize = argument.length;
      text = argument[this.packIndex] ?? '';
    }
    const type = this.remember({ left: text, right: '' });
    if (this.peek() !== 'I') return type;
    return this.remember({ left: text + this.inOwnScope(() => this.arguments()), right: '' });
  }

  private extendedType(): Type {
    const second = this.text[this.at + 1] ?? '';
    if (second === 'o') return this.remember(this.functionType());
    const builtin = BUILTIN_D[second];
    if (builtin === undefined) this.fail();
    this.at += 2;
    return { left: builtin, right: '' };
  }

  private functionType(): Type {
    const isNoexcept = this.take('Do');
    this.need('F');
    this.take('Y');
    const result = this.type();
    const list: string[] = [];
    let qualifiers = isNoexcept ? ' noexcept' : '';
    while (!this.take('E')) {
      if (this.take('RE')) {
        qualifiers += ' &';
        break;
      }
      if (this.take('OE')) {
        qualifiers += ' &&';
        break;
      }
      if (this.at >= this.text.length) this.fail();
      const type = this.typeOrPack();
      list.push(...(Array.isArray(type) ? (type as string[]) : [join(type as Type)]));
    }
    const parameters = list.length === 1 && list[0] === 'void' ? '' : list.join(', ');
    return { left: `${result.left} `, right: `(${parameters})${qualifiers}${result.right}`, isWrapped: true };
  }

  private arrayType(): Type {
    this.need('A');
    const size = /\d/.test(this.peek()) ? String(this.number()) : '';
    this.need('_');
    const element = this.type();
    return { left: `${element.left} `, right: `[${size}]${element.right}`, isWrapped: true };
  }

  private memberType(): Type {
    const scope = join(this.type());
    const member = this.type();
    return member.isWrapped
      ? { left: `${member.left}(${scope}::*`, right: `)${member.right}` }
      : { left: `${member.left} ${scope}::*`, right: member.right };
  }
}

/** `operator< <int>` and not `operator<<int>`. */
function withArguments(name: string, list: string): string {
  return name.endsWith('<') ? `${name} ${list}` : name + list;
}

/** What a constructor of the class is called: its last part, without template arguments. */
function lastPart(text: string): string {
  let depth = 0;
  for (let i = text.length - 1; i > 0; i--) {
    if (text[i] === '>') depth++;
    else if (text[i] === '<') depth--;
    else if (depth === 0 && text[i] === ':') return text.slice(i + 1);
  }
  return text;
}

function bare(name: string): string {
  const at = name.indexOf('<');
  return (at > 0 ? name.slice(0, at) : name).replace(/\[abi:.*$/, '');
}
