import { markedText } from '../text/marked-text.js';
import { LAYOUT_TABLE, LOST_MAP_FULL, LOST_RING_FULL, LOST_TABLE, PROGRAM_FILE } from './protocol.js';

/**
 * Text before the user's. Registers are declared, which nearly every program reads. The typedefs give a column its meaning, as in skep's own programs. Ring buffers and hashes do
 * not count what they refuse, and programs seldom look: the helpers that libbcc's rewriter calls are wrapped to count.
 * Perf buffers are counted by the kernel.
 */
const PREAMBLE = `
#include <uapi/linux/ptrace.h>
typedef u64 skep_ktime_t;
typedef u64 skep_duration_ns_t;
typedef char skep_comm_t[16];
typedef char skep_path_t;
typedef char skep_text_t;
typedef u8 skep_ip_t[16];
BPF_PERCPU_ARRAY(${LOST_TABLE}, u64, 2);
static inline __attribute__((always_inline)) void skep_count_lost(int what)
{
	u64 *count = ${LOST_TABLE}.lookup(&what);

	if (count)
		(*count)++;
}
static inline __attribute__((always_inline)) long skep_ringbuf_output(void *ring, void *data, u64 size, u64 flags)
{
	long result = bpf_ringbuf_output(ring, data, size, flags);

	if (result < 0)
		skep_count_lost(${LOST_RING_FULL});
	return result;
}
static inline __attribute__((always_inline)) void *skep_ringbuf_reserve(void *ring, u64 size, u64 flags)
{
	void *record = bpf_ringbuf_reserve(ring, size, flags);

	if (!record)
		skep_count_lost(${LOST_RING_FULL});
	return record;
}
static inline __attribute__((always_inline)) int skep_map_update(uintptr_t map, void *key, void *value, u64 flags)
{
	int result = bpf_map_update_elem_(map, key, value, flags);

	if (result == -7 /* E2BIG */ || result == -12 /* ENOMEM */)
		skep_count_lost(${LOST_MAP_FULL});
	return result;
}
#define bpf_ringbuf_output skep_ringbuf_output
#define bpf_ringbuf_reserve skep_ringbuf_reserve
#define bpf_map_update_elem_ skep_map_update
`;

/** The whole text for the compiler: lines and columns of the user's part are its own. */
export function completeText(text: string, readers: string, layouts: readonly string[]): string {
  const tables = layouts.map((type, i) => `BPF_ARRAY(${LAYOUT_TABLE}${i}, ${type}, 1);`).join('\n');
  return `${PREAMBLE}${readers}\n#line 1 "${PROGRAM_FILE}"\n${markedText(text)}\n${tables}\n`;
}

/**
 * The text without numbers of lines of its own: libbcc takes the lines of source that the verifier shows from the text by
 * their numbers, and must find those of the text it was given.
 */
export function plainText(text: string, readers: string): string {
  return `${PREAMBLE}${readers}\n${text}\n`;
}
