import type { Meaning } from '../meaning.js';

/** An IPv6 address in network order, 16 bytes; IPv4 as `::ffff:a.b.c.d`, shown as `a.b.c.d`. */
export const ip: Meaning = {
  typedef: 'skep_ip_t',
  json: 'text',
  text: (value) => ipText(value as Uint8Array),
};

/** Text of RFC 5952: lower case, the longest run of zero groups (two at least, the first of equals) as `::`. */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length < 16) return '';
  if (isMapped(bytes)) return `${bytes[12]}.${bytes[13]}.${bytes[14]}.${bytes[15]}`;
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[i * 2]! << 8) | bytes[i * 2 + 1]!);
  let bestStart = -1;
  let bestLength = 1;
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > bestLength) [bestStart, bestLength] = [i, length];
    if (length > 0) i += length - 1;
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (bestStart < 0) return hex(groups);
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`;
}

function isMapped(bytes: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}
