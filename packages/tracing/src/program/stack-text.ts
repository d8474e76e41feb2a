import type { Place } from '../spec/place.js';

/** Frames of one half of a stack: kernel.perf_event_max_stack as it is shipped. */
const DEPTH = 127;
/** Distinct stacks between two drains, of each side. */
const STACKS = 4096;

export const STACK_TABLES = ['stacks_0', 'stacks_1'] as const;
export const STACK_SIDE = 'stack_side';

/**
 * Tables of stacks by their hash, and `stack_id(ctx, flags, caller)`, which gives 0 where there is no stack and 1 where there
 * was no room. The lowest bit of an id is its side: user space empties one side while programs fill the other. A
 * BPF_STACK_TRACE would refuse every stack whose bucket is taken.
 *
 * All addresses are hashed, those that are 0 too: a branch for each would be a path for each to the verifier.
 */
export const STACK_TEXT = `struct stack_addresses { u64 at[${DEPTH}]; };
BPF_PERCPU_ARRAY(stack_scratch, struct stack_addresses, 1);
BPF_HASH(${STACK_TABLES[0]}, u64, struct stack_addresses, ${STACKS});
BPF_HASH(${STACK_TABLES[1]}, u64, struct stack_addresses, ${STACKS});
BPF_ARRAY(${STACK_SIDE}, u32, 1);
static inline __attribute__((always_inline)) u64 stack_id(void *ctx, u64 flags, u64 caller)
{
	int zero = 0, error;
	struct stack_addresses *stack = stack_scratch.lookup(&zero);
	u32 *side = ${STACK_SIDE}.lookup(&zero);
	u64 hash = 0xcbf29ce484222325ULL;

	if (!stack || !side)
		return 0;
	if (bpf_get_stack(ctx, stack->at, ${DEPTH * 8}, flags) < 8)
		return 0;
	if (caller && stack->at[1] != caller) {
		if (bpf_get_stack(ctx, stack->at + 1, ${(DEPTH - 1) * 8}, flags) < 8)
			return 0;
		stack->at[0] = stack->at[1];
		stack->at[1] = caller;
	}
#pragma clang loop unroll(disable)
	for (int i = 0; i < ${DEPTH}; i++) {
		hash = (hash ^ stack->at[i]) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 29;
	}
	hash = (hash | 2) & ~1ULL;
	if (*side) {
		hash |= 1;
		if (${STACK_TABLES[1]}.lookup(&hash))
			return hash;
		error = ${STACK_TABLES[1]}.update(&hash, stack);
	} else {
		if (${STACK_TABLES[0]}.lookup(&hash))
			return hash;
		error = ${STACK_TABLES[0]}.update(&hash, stack);
	}
	return error ? 1 : hash;
}
`;

/**
 * The C that gives the id of the kernel's or the program's half of the stack at a place. At the entry of a program's function
 * the frame pointer is still the caller's, so that walking the stack leaves out the caller itself: its address is where the
 * call put it. Linux adds it itself since 6.12, where it can tell (commit cfa7f3d2c526).
 *
 * @param ctx name of the context in the function
 */
export function stackId(half: 'kernel' | 'user', { kind, library, offset }: Place, ctx: string): string {
  if (half === 'kernel') return `stack_id(${ctx}, 0, 0)`;
  const isEntry = kind === 'p' && library !== '' && offset === 0n;
  if (!isEntry) return `stack_id(${ctx}, BPF_F_USER_STACK, 0)`;
  const caller =
    process.arch === 'arm64'
      ? '({ u64 __caller = ctx->regs[30]; __caller; })'
      : '({ u64 __caller = 0; bpf_probe_read_user(&__caller, 8, (void *)PT_REGS_SP(ctx)); __caller; })';
  return `stack_id(${ctx}, BPF_F_USER_STACK, ${caller})`;
}
