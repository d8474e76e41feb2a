import { specError } from '@skep/tracing';

/** A conversion of a format, such as `%-10s`, and the C type that its value is read as. */
export interface Conversion {
  readonly letter: string;
  readonly type: string;
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly isSigned: boolean;
  /** Bytes of an integer; 0 for a text. */
  readonly size: number;
}

/** A format taken apart: texts, and conversions between them. */
export interface Format {
  readonly texts: readonly string[];
  readonly conversions: readonly Conversion[];
}

const CONVERSION = /%([-+ 0#]*)(\d*)(?:\.(\d+))?(hh|h|ll|l|z)?([A-Za-z%]?)/g;
const SIZES: Readonly<Record<string, number>> = { hh: 1, h: 2, '': 4, l: 8, ll: 8, z: 8 };
const SIGNED: Readonly<Record<number, string>> = { 1: 's8', 2: 's16', 4: 's32', 8: 's64' };

/**
 * A format of printf: `%s %d %u %x %c %p` with `h`, `l`, `ll`, width and flags; `%K` and `%U` are the names of addresses of the
 * kernel and of the process.
 *
 * @param at where the text between the quotes begins in `spec`
 * @throws SkepError SKEP_OPTION at a conversion that is none.
 */
export function parseFormat(spec: string, text: string, at: number): Format {
  const texts: string[] = [''];
  const conversions: Conversion[] = [];
  let end = 0;
  const say = (part: string) => {
    texts[texts.length - 1] += unescaped(part);
  };
  for (const found of text.matchAll(CONVERSION)) {
    const [whole, flags = '', width = '', precision, length = '', letter = ''] = found;
    say(text.slice(end, found.index));
    end = found.index + whole.length;
    if (letter === '%') say('%');
    else {
      if (!/^[sduxXcKUp]$/.test(letter)) {
        const remedy = 'known are %s %d %u %x %c %p %K %U, with h, l and ll';
        throw specError(spec, at + found.index, Math.max(1, whole.length), `"${whole}" is no conversion`, remedy);
      }
      conversions.push({
        ...typeOf(letter, length),
        letter,
        flags,
        width: Number(width || 0),
        precision: numberOf(precision),
      });
      texts.push('');
    }
  }
  say(text.slice(end));
  return { texts, conversions };
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function typeOf(letter: string, length: string): Pick<Conversion, 'type' | 'size' | 'isSigned'> {
  if (letter === 's') return { type: 'char *', size: 0, isSigned: false };
  if (letter === 'c') return { type: 'char', size: 1, isSigned: false };
  const size = /[KUp]/.test(letter) ? 8 : SIZES[length]!;
  const isSigned = letter === 'd';
  return { type: isSigned ? SIGNED[size]! : SIGNED[size]!.replace('s', 'u'), size, isSigned };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', '"': '"', "'": "'", '\\': '\\' };

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (whole, letter: string) => ESCAPES[letter] ?? whole);
}

/** What is at an address, such as `do_nanosleep+0x1f`. */
export type AddressName = (half: 'kernel' | 'user', address: bigint) => string;

/** The message with these values in it. */
export function formatMessage(
  { texts, conversions }: Format,
  values: readonly (number | bigint | string)[],
  nameOf: AddressName,
): string {
  return texts.reduce((message, text, i) => {
    const conversion = conversions[i];
    return message + text + (conversion ? valueText(conversion, values[i]!, nameOf) : '');
  }, '');
}

function valueText(conversion: Conversion, value: number | bigint | string, nameOf: AddressName): string {
  const { letter, flags, width, precision } = conversion;
  if (letter === 'K') return padded(nameOf('kernel', BigInt(value)), flags, width);
  if (letter === 'U') return padded(nameOf('user', BigInt(value)), flags, width);
  if (letter === 's')
    return padded(precision === undefined ? String(value) : String(value).slice(0, precision), flags, width);
  if (letter === 'c') return padded(String.fromCharCode(Number(value) & 0xff), flags, width);
  const number = BigInt(value);
  const digits = /[xXp]/.test(letter)
    ? (number < 0n ? -number : number).toString(16)
    : String(number < 0n ? -number : number);
  const prefix = letter === 'p' || (flags.includes('#') && /[xX]/.test(letter)) ? '0x' : '';
  const sign =
    number < 0n ? '-' : flags.includes('+') && letter === 'd' ? '+' : flags.includes(' ') && letter === 'd' ? ' ' : '';
  const all = digits.padStart(precision ?? 0, '0');
  if (flags.includes('0') && !flags.includes('-') && precision === undefined) {
    return sign + prefix + all.padStart(width - sign.length - prefix.length, '0');
  }
  const text = sign + prefix + all;
  return padded(letter === 'X' ? text.toUpperCase() : text, flags, width);
}

function padded(text: string, flags: string, width: number): string {
  return flags.includes('-') ? text.padEnd(width) : text.padStart(width);
}
