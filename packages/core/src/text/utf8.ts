/**
 * The code point at `bytes[i]`; or minus the number of bytes that are no UTF-8 there (overlong forms, surrogates and
 * values above U+10FFFF included), in the same steps in which `TextDecoder` puts one U+FFFD each.
 */
export function codePointAt(bytes: Uint8Array, i: number, end: number): number {
  const lead = bytes[i]!;
  if (lead < 0x80) return lead;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const second = i + 1 < end ? bytes[i + 1]! : 0;
  if (lead < 0xe0) return (second & 0xc0) === 0x80 ? ((lead & 0x1f) << 6) | (second & 0x3f) : -1;
  const from = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const to = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < from || second > to) return -1;
  const third = i + 2 < end ? bytes[i + 2]! : 0;
  if ((third & 0xc0) !== 0x80) return -2;
  if (lead < 0xf0) return ((lead & 0x0f) << 12) | ((second & 0x3f) << 6) | (third & 0x3f);
  const fourth = i + 3 < end ? bytes[i + 3]! : 0;
  if ((fourth & 0xc0) !== 0x80) return -3;
  return ((lead & 0x07) << 18) | ((second & 0x3f) << 12) | ((third & 0x3f) << 6) | (fourth & 0x3f);
}

/** Bytes of a code point in UTF-8. */
export function lengthOf(codePoint: number): number {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}

/**
 * Whether a code point above U+007F acts on a terminal or on the order of the text instead of showing itself: C1
 * controls (U+009B starts an escape sequence), line and paragraph separators, and all of Unicode's Bidi_Control.
 * @see https://www.unicode.org/Public/UCD/latest/ucd/PropList.txt
 */
export function isControl(codePoint: number): boolean {
  if (codePoint <= 0x9f) return codePoint >= 0x80;
  if (codePoint < 0x200e) return codePoint === 0x061c;
  if (codePoint > 0x2069) return false;
  return codePoint <= 0x200f || (codePoint >= 0x2028 && codePoint <= 0x202e) || codePoint >= 0x2066;
}
