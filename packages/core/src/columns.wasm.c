// SPDX-License-Identifier: Apache-2.0
// The inner loops of the decoder: a member of many records into a column. staging.ts puts records in and takes columns out.
// In WebAssembly since eight bytes go at a time, and since no loop gets slower by the kinds of arrays it has met.

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;

/// Members lie anywhere; WebAssembly reads and writes at any address.
typedef u16 __attribute__((aligned(1))) any16;
typedef u32 __attribute__((aligned(1))) any32;
typedef u64 __attribute__((aligned(1))) any64;

#define EXPORT __attribute__((visibility("default")))
#define ROWS 128 // as in staging.ts

/// Record r lies from starts[r] to before ends[r], counted from `records`, which every function is given. It is no address:
/// it may be below 0, as 32 bits.
EXPORT u32 starts[ROWS], ends[ROWS];
/// What is taken out: numbers of any width, or the ends of texts.
EXPORT u64 numbers[ROWS];
EXPORT u32 text_ends[ROWS];

#define COPY(name, number, any)                                                 \
	EXPORT void name(u32 records, u32 offset, u32 rows)                     \
	{                                                                       \
		number *to = (number *)numbers;                                 \
                                                                                \
		for (u32 r = 0; r < rows; r++)                                  \
			to[r] = *(const any *)(records + offset + starts[r]);   \
	}

COPY(copy8, u8, u8)
COPY(copy16, u16, any16)
COPY(copy32, u32, any32)
COPY(copy64, u64, any64)

/// Numbers of 64 bits, each with one added, whose words are `low` and `high`.
EXPORT void add64(u32 records, u32 offset, u32 rows, u32 low, u32 high)
{
	u64 added = (u64)high << 32 | low;

	for (u32 r = 0; r < rows; r++)
		numbers[r] = *(const any64 *)(records + offset + starts[r]) + added;
}

/// Bytes of a member that its record has: fewer than `size` when it was sent short.
static u32 sent(u32 r, u32 offset, u32 size)
{
	u32 length = ends[r] - starts[r];
	u32 behind = length > offset ? length - offset : 0;

	return behind < size ? behind : size;
}

/// Copies `size` bytes, and up to seven more.
static u32 copy_all(u8 *to, const u8 *from, u32 size)
{
	for (u32 i = 0; i < size; i += 8)
		*(any64 *)(to + i) = *(const any64 *)(from + i);
	return size;
}

/// Copies what stands before the first NUL of `size` bytes, and up to seven bytes more. Returns how many stand there.
/// The lowest mark is that of the first zero byte; a borrow can mark bytes above it falsely.
/// See https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord
static u32 copy_text(u8 *to, const u8 *from, u32 size)
{
	for (u32 i = 0; i < size; i += 8) {
		u64 word = *(const any64 *)(from + i);
		u64 marks = (word - 0x0101010101010101) & ~word & 0x8080808080808080;

		*(any64 *)(to + i) = word;
		if (marks) {
			u32 length = i + (__builtin_ctzll(marks) >> 3);

			return length < size ? length : size;
		}
	}
	return size;
}

/// A member of at most `size` bytes of each record, one behind the other from `to` on. Their ends count from `before` on;
/// returns the last one. What is copied too much the next row overwrites: eight bytes behind the last one are ours, too.
#define COPY_BYTES(name, copy)                                                                  \
	EXPORT u32 name(u32 records, u32 offset, u32 rows, u32 size, u8 *to, u32 before)        \
	{                                                                                       \
		u32 end = 0;                                                                    \
                                                                                                \
		for (u32 r = 0; r < rows; r++) {                                                \
			end += copy(to + end, (const u8 *)(records + offset + starts[r]),       \
				    sent(r, offset, size));                                     \
			text_ends[r] = before + end;                                            \
		}                                                                               \
		return before + end;                                                            \
	}

COPY_BYTES(bytes, copy_all)
COPY_BYTES(texts, copy_text)
