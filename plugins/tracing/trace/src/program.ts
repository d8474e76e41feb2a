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
  STACK_TEXT,
  specError,
  stackId,
  withDataLocations,
} from '@skep/tracing';
import type { Specifier } from './specifier.js';

export interface ProgramSettings {
  readonly pid: number | undefined;
  readonly tid: number | undefined;
  readonly uid: number | undefined;
  /** Only tasks below this cgroup v2 directory. */
  readonly cgroup: { readonly id: bigint; readonly level: number } | undefined;
  /** Also what skep itself does. */
  readonly includesSelf: boolean;
  /** Bytes of a text. */
  readonly stringSize: number;
  readonly includes: readonly string[];
  readonly isBinary: boolean;
  /** Halves of the stack that records have, in the order of the settings. */
  readonly stacks: readonly StackHalf[];
}

export type StackHalf = 'kernel' | 'user';

/**
 * The program that sends a record for each call; those of specifier i go to `events_i`, its values are `v0`, `v1` ... Its
 * functions are one for each specifier.
 */
export function writeProgram(specifiers: readonly Specifier[], settings: ProgramSettings): AssembledProgram<string> {
  const { includes, stacks } = settings;
  const common = stacks.length > 0 ? STACK_TEXT : '';
  return assembleProgram(specifiers, { includes, common }, (specifier, i, helpers, body) =>
    new SpecifierWriter(specifier, i, settings, helpers).write(body),
  );
}

class SpecifierWriter {
  private readonly spec: Specifier;
  private readonly index: number;
  private readonly settings: ProgramSettings;
  private readonly helpers: Helpers;
  private readonly usdtArguments = new Set<number>();

  constructor(spec: Specifier, index: number, settings: ProgramSettings, helpers: Helpers) {
    this.spec = spec;
    this.index = index;
    this.settings = settings;
    this.helpers = helpers;
  }

  write(out: ProgramWriter): string {
    const { place, predicate, values, format } = this.spec;
    const i = this.index;
    const conversions = format?.conversions ?? [];
    const said = values.map((value) => this.said(value));
    const condition = predicate && this.said(predicate);
    const members = conversions.map(({ letter, type }, n) =>
      letter === 's' ? `char v${n}[${this.settings.stringSize}];` : `${type} v${n};`,
    );
    const common = 'skep_ktime_t time; u32 cpu; u32 pid; u32 tid; char comm[16];';
    const stacks = this.settings.stacks.map((half) => `u64 ${half}_stack;`);
    out.line(`struct trace_${i} { ${[common, ...stacks, ...members].join(' ')} };`);
    out.line(`BPF_PERF_OUTPUT(events_${i});`);
    // Texts are too long for the stack.
    out.line(`BPF_PERCPU_ARRAY(scratch_${i}, struct trace_${i}, 1);`);
    const name = functionName(place, `trace_fn_${i}`);
    out.line(`int ${name}(${functionParameters(this.spec, this.helpers)})`);
    out.add('{');
    this.writeFilters(out);
    readUsdtArguments(out, this.usdtArguments);
    if (condition) out.line('\tif (!(', condition, ')) return 0;');
    this.writeRecord(out, said);
    out.add('\treturn 0;\n}');
    return name;
  }

  private writeFilters(out: ProgramWriter): void {
    const { pid, tid, uid, cgroup, includesSelf } = this.settings;
    out.line('\tu64 __id = bpf_get_current_pid_tgid();');
    if (tid !== undefined) out.line(`\tif ((u32)__id != ${tid}) return 0;`);
    if (pid !== undefined) out.line(`\tif ((__id >> 32) != ${pid}) return 0;`);
    else if (!includesSelf) out.line(`\tif ((__id >> 32) == ${process.pid}) return 0;`);
    if (uid !== undefined) out.line(`\tif ((u32)bpf_get_current_uid_gid() != ${uid}) return 0;`);
    if (cgroup) out.line(`\tif (bpf_get_current_ancestor_cgroup_id(${cgroup.level}) != ${cgroup.id}ULL) return 0;`);
  }

  private writeRecord(out: ProgramWriter, values: readonly Said[]): void {
    const { place, format } = this.spec;
    const i = this.index;
    const context = place.kind === 't' ? 'args' : 'ctx';
    out.line('\tint __zero = 0;');
    out.line(`\tstruct trace_${i} *__data = scratch_${i}.lookup(&__zero);`);
    out.line('\tif (!__data) return 0;');
    out.line('\t__data->time = bpf_ktime_get_boot_ns();');
    out.line('\t__data->cpu = bpf_get_smp_processor_id();');
    out.line('\t__data->pid = __id >> 32;');
    out.line('\t__data->tid = __id;');
    out.line('\tbpf_get_current_comm(&__data->comm, sizeof(__data->comm));');
    for (const half of this.settings.stacks) out.line(`\t__data->${half}_stack = ${stackId(half, place, context)};`);
    for (const [n, value] of values.entries()) {
      const { letter, type } = format!.conversions[n]!;
      if (letter !== 's') out.line(`\t__data->v${n} = (${type})(`, value, ');');
      else {
        out.line(`\tconst void *__text_${n} = (const void *)(`, value, ');');
        out.line(`\t__data->v${n}[0] = 0;`);
        out.line(`\tif (__text_${n}) skep_read_str(&__data->v${n}, sizeof(__data->v${n}), __text_${n});`);
      }
    }
    out.line(`\tevents_${i}.perf_submit(${context}, __data, sizeof(*__data));`);
  }

  private said(piece: Piece): Said {
    const { text: spec, place } = this.spec;
    const { isBinary } = this.settings;
    const code = rewriteExpression(piece, { spec, meaning: this.meaning(), helpers: this.helpers, isBinary });
    return { code: withDataLocations(code, dataLocations(place)), spec, piece };
  }

  private meaning(): Meaning {
    const { place, text: spec, parameters } = this.spec;
    return (word, at) => {
      const [plain = word, space] = word.split('@');
      if (space !== undefined && space !== 'user') {
        throw specError(spec, at, word.length, `unknown memory @${space}`, 'known is @user');
      }
      const isParameter = parameters.some(({ name }) => name === plain);
      const number = argumentNumber(plain);
      if (number !== undefined && !isParameter) {
        if (place.kind === 'p') return registerArgument(place, number);
        if (place.kind === 'u') this.usdtArguments.add(number);
        if (place.kind === 'r')
          throw specError(spec, at, word.length, 'arguments are known at the entry only', 'use p:');
        if (place.kind === 't') throw specError(spec, at, word.length, 'a tracepoint has args->field, not arguments');
        return plain;
      }
      if ((plain === 'retval' || plain === '$retval') && !isParameter) {
        if (place.kind === 'r') return '((long)PT_REGS_RC(ctx))';
        throw specError(spec, at, word.length, 'only return probes have a retval', 'use r:');
      }
      if (place.kind === 'r' && isParameter) {
        throw specError(spec, at, word.length, 'parameters are known at the entry only', 'use p:');
      }
      const known = commonWord(plain);
      if (known === undefined && word.startsWith('$')) {
        const remedy = 'known are $uid, $gid, $pid, $tgid, $cpu, $task';
        throw specError(spec, at, word.length, `unknown word ${word}`, remedy);
      }
      return known ?? (space === undefined ? undefined : plain);
    };
  }
}
