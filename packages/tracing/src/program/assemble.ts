import { Helpers } from '../spec/expression.js';
import type { Place } from '../spec/place.js';
import type { Parameter } from '../spec/signature.js';
import { ProgramWriter, programHead } from './program-text.js';

/** What a tool's specifiers have in common. */
export interface ProbeSpecifier {
  /** As it was given. */
  readonly text: string;
  readonly place: Place;
  readonly parameters: readonly Parameter[];
}

export interface AssembledProgram<F> {
  readonly writer: ProgramWriter;
  /** What was written of each specifier. */
  readonly functions: readonly F[];
}

/**
 * A program of several specifiers: headers, the functions that its expressions call, `common`, and what `write` adds for
 * each.
 */
export function assembleProgram<S extends ProbeSpecifier, F>(
  specifiers: readonly S[],
  { includes, common = '' }: { readonly includes: readonly string[]; readonly common?: string },
  write: (specifier: S, index: number, helpers: Helpers, body: ProgramWriter) => F,
): AssembledProgram<F> {
  const helpers = new Helpers();
  const body = new ProgramWriter();
  // Bodies first: they tell which helpers they need.
  const functions = specifiers.map((specifier, i) => write(specifier, i, helpers, body));
  const writer = new ProgramWriter();
  const kernel = specifiers.filter(({ place }) => place.library === '').map(({ text }) => text);
  writer.add(programHead(includes, kernel));
  if (helpers.text !== '') writer.add(helpers.text);
  if (common !== '') writer.add(common);
  writer.append(body);
  return { writer, functions };
}

/** What stands between the brackets of the function that is attached there. */
export function functionParameters({ place, parameters }: ProbeSpecifier, helpers: Helpers): string {
  if (place.kind === 't') return `${helpers.tracepointArguments(place.library, place.name)} *args`;
  const own = place.kind === 'p' ? parameters.map(({ type, name }) => `${type} ${name}`) : [];
  return ['struct pt_regs *ctx', ...own].join(', ');
}

/** Variables `arg1`, `arg2` ... with the arguments of a USDT probe. */
export function readUsdtArguments(out: ProgramWriter, numbers: Iterable<number>): void {
  for (const n of numbers) {
    out.line(`\tu64 arg${n} = 0;`);
    out.line(`\tbpf_usdt_readarg(${n}, ctx, &arg${n});`);
  }
}
