import { ItaniumReader } from './itanium.js';

/** Longer symbols are shown as they are. */
const MAX_SYMBOL = 2048;

/** Rust's older names are C++'s, with a hash as their last part. */
const RUST_HASH = /::h[0-9a-f]{16}$/;
const RUST_ESCAPES: Readonly<Record<string, string>> = {
  $SP$: '@',
  $BP$: '*',
  $RF$: '&',
  $LT$: '<',
  $GT$: '>',
  $LP$: '(',
  $RP$: ')',
  $C$: ',',
};

/**
 * The name as it is written in C++ or Rust, without the parameters of the function; what cannot be read stays as it is.
 * What the compiler put behind a name (`.cold`, `.isra.0`, `.part.1`) is left out.
 */
export function demangle(symbol: string): string {
  if (!symbol.startsWith('_Z') || symbol.length > MAX_SYMBOL) return symbol;
  const name = ItaniumReader.read(symbol);
  if (name === undefined) return symbol;
  if (!RUST_HASH.test(name)) return name;
  return name
    .replace(RUST_HASH, '')
    .replace(/(^|::)_\$/g, '$1$$')
    .replace(/\$u([0-9a-f]{1,6})\$/g, (all, code: string) => {
      const point = Number.parseInt(code, 16);
      return point > 0x1f && point <= 0x10ffff ? String.fromCodePoint(point) : all;
    })
    .replace(/\$[A-Z]{1,2}\$/g, (all) => RUST_ESCAPES[all] ?? all)
    .replace(/\.\./g, '::');
}
