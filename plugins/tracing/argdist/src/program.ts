import {
  type AssembledProgram,
  argumentNumber,
  assembleProgram,
  commonWord,
  dataLocations,
  functionName,
  functionParameters,
  type Helpers,
  type Meaning,
  type Piece,
  type ProgramWriter,
  readUsdtArguments,
  registerArgument,
  rewriteExpression,
  type Said,
  specError,
  withDataLocations,
} from '@skep/tracing';
import { isText, type Specifier } from './specifier.js';

export interface ProgramSettings {
  readonly pid: number | undefined;
  readonly tid: number | undefined;
  /** Bytes of a text. */
  readonly stringSize: number;
  readonly includes: readonly string[];
}

/** Functions of the program for one specifier: the one that counts, and for what is asked at the entry another. */
export interface Functions {
  readonly count: string;
  readonly entry: string | undefined;
}

/** The program that counts what these specifiers ask for; specifier i counts in the table `counts_i`. */
export function writeProgram(specifiers: readonly Specifier[], settings: ProgramSettings): AssembledProgram<Functions> {
  return assembleProgram(specifiers, settings, (specifier, i, helpers, body) =>
    new SpecifierWriter(specifier, i, settings, helpers).write(body),
  );
}

class SpecifierWriter {
  private readonly spec: Specifier;
  private readonly index: number;
  private readonly settings: ProgramSettings;
  private readonly helpers: Helpers;
  /** Parameters that an expression wants as they were at the entry, and the number of each. */
  private readonly entries = new Map<string, number>();
  private wantsLatency = false;
  private wantsComm = false;
  private readonly usdtArguments = new Set<number>();

  constructor(spec: Specifier, index: number, settings: ProgramSettings, helpers: Helpers) {
    this.spec = spec;
    this.index = index;
    this.settings = settings;
    this.helpers = helpers;
  }

  write(out: ProgramWriter): Functions {
    const { place, expressions, filter, isHistogram } = this.spec;
    const i = this.index;
    const values = expressions.map((expression) => ({ type: expression.type, said: this.said(expression) }));
    const condition = filter && this.said(filter);
    if (values.length === 0 && place.kind === 'r') values.push({ type: 'int', said: this.implied('$retval') });
    this.declare(
      out,
      values.map(({ type }) => type),
    );
    const entry = this.entries.size > 0 || this.wantsLatency ? `entry_${i}` : undefined;
    if (entry !== undefined) this.writeEntry(out, entry);
    const count = functionName(place, `count_${i}`);
    out.line(`int ${count}(${functionParameters(this.spec, this.helpers)})`);
    out.add('{');
    this.writeFilters(out);
    this.writeArguments(out);
    if (condition) out.line('\tif (!(', condition, ')) return 0;');
    if (isHistogram) this.writeHistogram(out, values[0]?.said);
    else this.writeCount(out, values);
    out.add('\treturn 0;\n}');
    return { count, entry };
  }

  private declare(out: ProgramWriter, types: readonly string[]): void {
    const i = this.index;
    for (const [name, number] of this.entries) {
      out.line(`BPF_HASH(entry_${i}_${number}, u32, ${this.storedType(name)}, 10240);`);
    }
    if (this.wantsLatency) out.line(`BPF_HASH(start_${i}, u32, u64, 10240);`);
    if (this.spec.isHistogram) {
      out.line(`BPF_ARRAY(counts_${i}, u64, 65);`);
      return;
    }
    const members = types.map((type, n) =>
      isText(type) ? `char v${n}[${this.settings.stringSize}];` : `${type} v${n};`,
    );
    out.line(`struct key_${i} { ${members.join(' ') || 'u32 none;'} };`);
    out.line(`BPF_HASH(counts_${i}, struct key_${i}, u64, 10240);`);
  }

  /** What a parameter is kept as between entry and return; pointers as numbers. */
  private storedType(name: string): string {
    const { type } = this.spec.parameters.find((one) => one.name === name)!;
    return /\*$/.test(type) ? 'u64' : type;
  }

  private writeFilters(out: ProgramWriter): void {
    const { pid, tid } = this.settings;
    out.line('\tu64 __id = bpf_get_current_pid_tgid();');
    out.line('\tu32 __tid = __id;');
    if (tid !== undefined) out.line(`\tif (__tid != ${tid}) return 0;`);
    if (pid !== undefined) out.line(`\tif ((__id >> 32) != ${pid}) return 0;`);
    // What skep does to read what was counted would be counted.
    else out.line(`\tif ((__id >> 32) == ${process.pid}) return 0;`);
  }

  /** What the words of the expressions stand for. */
  private writeArguments(out: ProgramWriter): void {
    const i = this.index;
    if (this.wantsComm) {
      out.line('\tchar __comm[16] = {};');
      out.line('\tbpf_get_current_comm(__comm, sizeof(__comm));');
    }
    readUsdtArguments(out, this.usdtArguments);
    const remembered = [
      ...[...this.entries].map(([name, n]) => [`__entry_${n}`, `entry_${i}_${n}`, this.storedType(name)] as const),
      ...(this.wantsLatency ? [['__started', `start_${i}`, 'u64'] as const] : []),
    ];
    for (const [variable, table, type] of remembered) {
      // The entry was not seen: the call began before the tracing, or it is not the outermost that returned.
      out.line(`\t${type} *${variable}_at = ${table}.lookup(&__tid);`);
      out.line(`\tif (!${variable}_at) return 0;`);
      out.line(`\t${type} ${variable} = *${variable}_at;`);
    }
    for (const [, table] of remembered) out.line(`\t${table}.delete(&__tid);`);
  }

  private writeEntry(out: ProgramWriter, name: string): void {
    const i = this.index;
    const entry = { ...this.spec, place: { ...this.spec.place, kind: 'p' } } as const;
    out.line(`int ${functionName(entry.place, name)}(${functionParameters(entry, this.helpers)})`);
    out.add('{');
    this.writeFilters(out);
    for (const [parameter, number] of this.entries) {
      const stored = this.storedType(parameter);
      out.line(`\t${stored} __value_${number} = (${stored})${parameter};`);
      out.line(`\tentry_${i}_${number}.update(&__tid, &__value_${number});`);
    }
    if (this.wantsLatency) {
      out.line('\tu64 __now = bpf_ktime_get_ns();');
      out.line(`\tstart_${i}.update(&__tid, &__now);`);
    }
    out.add('\treturn 0;\n}');
  }

  private writeHistogram(out: ProgramWriter, value: Said | undefined): void {
    const i = this.index;
    if (value) out.line('\tu64 __value = (u64)(', value, ');');
    else out.line('\tu64 __value = 1;');
    out.line('\tu32 __slot = bpf_log2l(__value);');
    out.line(`\tu64 *__count = counts_${i}.lookup(&__slot);`);
    out.line('\tif (__count) lock_xadd(__count, 1);');
  }

  private writeCount(out: ProgramWriter, values: readonly { readonly type: string; readonly said: Said }[]): void {
    const i = this.index;
    out.line(`\tstruct key_${i} __key;`);
    // Bytes between the members are part of the key.
    out.line('\t__builtin_memset(&__key, 0, sizeof(__key));');
    for (const [n, { type, said }] of values.entries()) {
      if (!isText(type)) out.line(`\t__key.v${n} = (${type})(`, said, ');');
      else if (said.piece.text === '$COMM') out.line(`\tbpf_get_current_comm(&__key.v${n}, sizeof(__key.v${n}));`);
      else {
        out.line(`\tconst void *__text_${n} = (const void *)(`, said, ');');
        out.line(`\tif (__text_${n}) skep_read_str(&__key.v${n}, sizeof(__key.v${n}), __text_${n});`);
      }
    }
    out.line('\tu64 __zero = 0;');
    out.line(`\tu64 *__count = counts_${i}.lookup_or_try_init(&__key, &__zero);`);
    out.line('\tif (__count) lock_xadd(__count, 1);');
  }

  private implied(text: string): Said {
    return { ...this.said({ text, at: 0 }), spec: this.spec.text };
  }

  /** The C of an expression; what it needs besides is noted. */
  private said(piece: Piece): Said {
    const { text: spec, place } = this.spec;
    const locations = dataLocations(place);
    const isWholeComm = piece.text === '$COMM';
    const code = rewriteExpression(piece, {
      spec,
      meaning: this.meaning(isWholeComm),
      helpers: this.helpers,
      call: (word, name, at, length) => this.call(word, name, at, length),
    });
    return { code: withDataLocations(code, locations), spec, piece };
  }

  /** `$entry(size)`: the parameter as it was at the entry. */
  private call(word: string, name: string, at: number, length: number): string {
    const { place, parameters, text: spec } = this.spec;
    if (word !== '$entry') throw specError(spec, at, length, `unknown function ${word}`, 'known is $entry(parameter)');
    if (place.kind !== 'r') throw specError(spec, at, length, '$entry is for return probes: r:');
    const known = parameters.map((one) => one.name);
    if (!known.includes(name)) {
      const remedy = known.length > 0 ? `it has ${known.join(', ')}` : 'declare it: name(TYPE PARAMETER)';
      throw specError(spec, at, length, `the function has no parameter "${name}"`, remedy);
    }
    const number = this.entries.get(name) ?? this.entries.size;
    this.entries.set(name, number);
    return `__entry_${number}`;
  }

  private meaning(isWholeComm: boolean): Meaning {
    const { place, text: spec, parameters } = this.spec;
    return (word, at) => {
      const number = argumentNumber(word);
      if (number !== undefined && !parameters.some(({ name }) => name === word)) {
        if (place.kind === 'u') this.usdtArguments.add(number);
        else if (place.kind === 'p') return registerArgument(place, number);
        return word;
      }
      if (word === '$retval' || word === 'retval') {
        if (place.kind === 'r') return '((long)PT_REGS_RC(ctx))';
        if (word === 'retval') return undefined;
        throw specError(spec, at, word.length, '$retval is for return probes: r:');
      }
      if (word === '$latency') {
        if (place.kind !== 'r') throw specError(spec, at, word.length, '$latency is for return probes: r:');
        this.wantsLatency = true;
        return '(bpf_ktime_get_ns() - __started)';
      }
      if (word === '$PID') return '((u32)(__id >> 32))';
      if (word === '$COMM') {
        if (!isWholeComm) this.wantsComm = true;
        return '__comm';
      }
      const known = commonWord(word);
      if (known === undefined && word.startsWith('$')) {
        const remedy = 'known are $retval, $entry(parameter), $latency, $PID, $COMM';
        throw specError(spec, at, word.length, `unknown word ${word}`, remedy);
      }
      return known;
    };
  }
}
