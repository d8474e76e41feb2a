import { nearest, SkepError } from '@skep/core';
import { resolveSymbol, type UsdtArgument, UsdtContext, type UsdtProbe } from '../native/symbols.js';
import type { UsdtPlace, UsdtRequest } from './protocol.js';

export interface UsdtReaders {
  /** C functions `_bpf_readarg_<fn>_<n>`, which libbcc's rewriter calls for bpf_usdt_readarg(n, ctx, &value). */
  readonly text: string;
  readonly places: readonly UsdtPlace[];
}

/**
 * Find the probes that were asked for, and write the functions that read their arguments.
 *
 * libbcc's own readers are not used: they need a process for a probe with a semaphore (which they raise by writing to its
 * memory), and for a library with several places. Here the kernel counts the semaphore, and places are told apart by
 * what is the same wherever a file is mapped: the address within its page.
 *
 * @throws SkepError SKEP_ATTACH when there is no such probe or file; SKEP_OPTION when its name is that of several.
 */
export function usdtReaders(requests: readonly UsdtRequest[]): UsdtReaders {
  const texts: string[] = [];
  const places: UsdtPlace[] = [];
  for (const request of requests) {
    const context = UsdtContext.open(request);
    const where = request.path ?? `process ${request.pid}`;
    if (!context) throw new SkepError('SKEP_ATTACH', `${where} cannot be read for USDT probes`, 'give the full path');
    try {
      const all = context.probes();
      for (const { provider, name, fn } of request.probes) {
        const probe = findProbe(all, provider, name, where);
        places.push(...placesOf(context, probe, fn, request.pid));
        for (let n = 0; n < probe.arguments; n++) texts.push(reader(context, probe, fn, n));
      }
    } finally {
      context.close();
    }
  }
  return { text: texts.join(''), places };
}

function findProbe(all: readonly UsdtProbe[], provider: string | undefined, name: string, where: string): UsdtProbe {
  const found = all.filter((one) => one.name === name && (provider === undefined || one.provider === provider));
  if (found.length === 1) return found[0]!;
  const wanted = provider === undefined ? name : `${provider}:${name}`;
  if (found.length > 1) {
    const providers = found.map((one) => `${one.provider}:${name}`).join(', ');
    throw new SkepError('SKEP_OPTION', `several USDT probes of ${where} are called "${name}"`, `one of: ${providers}`);
  }
  const names = all.map((one) => (provider === undefined ? one.name : `${one.provider}:${one.name}`));
  const near = nearest(wanted, names);
  const some = names.slice(0, 10).join(', ');
  throw new SkepError(
    'SKEP_ATTACH',
    `no USDT probe "${wanted}" in ${where}`,
    near === undefined ? (some === '' ? 'it has none' : `it has: ${some}`) : `did you mean "${near}"?`,
  );
}

function placesOf(context: UsdtContext, probe: UsdtProbe, fn: string, pid: number | undefined): UsdtPlace[] {
  return Array.from({ length: probe.locations }, (_, i) => {
    const place = resolveSymbol(probe.path, context.location(probe, i), pid ?? 0);
    if (!place) throw new SkepError('SKEP_ATTACH', `${probe.path} cannot be read for USDT probes`);
    const { semaphore, path } = probe;
    return { fn, path, offset: String(place.offset), semaphore: String(semaphore), pid };
  });
}

/** Bits of an address that a mapping does not change. */
const PAGE = 4096n;

function reader(context: UsdtContext, probe: UsdtProbe, fn: string, n: number): string {
  const byPlace = new Map<bigint, string>();
  for (let i = 0; i < probe.locations; i++) {
    const at = context.location(probe, i) % PAGE;
    const code = readCode(context.argument(probe, i, n), probe, n);
    if ((byPlace.get(at) ?? code) !== code) {
      throw new SkepError(
        'SKEP_ATTACH',
        `argument ${n + 1} of ${probe.name} differs between places that look the same`,
      );
    }
    byPlace.set(at, code);
  }
  const codes = [...new Set(byPlace.values())];
  const cases = [...byPlace].map(([at, code]) => `\tcase 0x${at.toString(16)}: ${code} break;\n`).join('');
  const read = codes.length === 1 ? `\t${codes[0]}\n` : `\tswitch (PT_REGS_IP(ctx) & 0xfff) {\n${cases}\t}\n`;
  return `
static __always_inline int _bpf_readarg_${fn}_${n + 1}(struct pt_regs *ctx, void *dest, size_t len)
{
	u64 value = 0;
${read}	if (len == 8) *(u64 *)dest = value;
	else if (len == 4) *(u32 *)dest = value;
	else if (len == 2) *(u16 *)dest = value;
	else if (len == 1) *(u8 *)dest = value;
	else return -22;
	__asm__ __volatile__("" : : : "memory");
	return 0;
}
`;
}

function readCode(argument: UsdtArgument, probe: UsdtProbe, n: number): string {
  const { size, constant, dereference, base, index, scale } = argument;
  const type = `${size < 0 ? 's' : 'u'}${Math.abs(size) * 8}`;
  if (constant !== undefined) return `value = (u64)${constant}LL;`;
  // The place of a global variable depends on where the file is mapped, and on more than the address of the probe.
  if (base === undefined || dereference?.symbol !== undefined) {
    throw new SkepError('SKEP_ATTACH', `argument ${n + 1} of USDT probe ${probe.name} cannot be read from a register`);
  }
  if (!dereference) return `value = (${type})ctx->${base};`;
  const place = `ctx->${base}${index === undefined ? '' : ` + ctx->${index} * ${scale}`} + (${dereference.offset})`;
  return `{ ${type} read = 0; bpf_probe_read_user(&read, sizeof(read), (void *)(${place})); value = read; }`;
}
