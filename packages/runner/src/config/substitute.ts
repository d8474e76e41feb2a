/** A `${...}` that cannot be replaced; `index` counts the `${` and `$${` of the text from 0. */
export interface SubstitutionProblem {
  readonly index: number;
  readonly token: string;
  readonly message: string;
  readonly remedy: string;
}

export interface Substitution {
  readonly text: string;
  /** The text was one `${...}` and nothing else: its value is typed like a plain scalar. */
  readonly isWhole: boolean;
  readonly problems: readonly SubstitutionProblem[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `$${`, `${...}`, or a `${` that nothing closes. Braces inside are refused, which also keeps the search linear: with
 * them a megabyte of `${` takes minutes.
 */
export const SUBSTITUTION = /\$\$\{|\$\{[^{}\n]*\}|\$\{/g;
/** Most problems reported for one scalar. */
const MOST = 5;
/** Most of these in one scalar: a variable of a kilobyte must not become a gigabyte. */
const MOST_TOKENS = 100;
const INSIDE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?\}$/s;

const REMEDY = `write \${NAME} or \${NAME:-default}; $\${ is a literal \${`;

/**
 * Replace `${NAME}` and `${NAME:-default}` in one scalar; undefined when there is none. As in the shell, `:-` stands
 * in for a variable that is unset or empty. `$${` is a literal `${`.
 */
export function substitute(text: string, environment: Environment): Substitution | undefined {
  if (!text.includes('${')) return undefined;
  const problems: SubstitutionProblem[] = [];
  let index = 0;
  const report = (token: string, message: string, remedy: string): string => {
    if (problems.length < MOST) problems.push({ index: index - 1, token, message, remedy });
    return '';
  };
  const replaced = text.replace(SUBSTITUTION, (token) => {
    if (++index > MOST_TOKENS) {
      return index > MOST_TOKENS + 1 ? '' : report(token, `more than ${MOST_TOKENS} of these in one text`, 'use fewer');
    }
    if (token === '$${') return '${';
    const match = INSIDE.exec(token);
    if (!match) {
      return report(token, token === '${' ? 'nothing closes this "${"' : `"${token}" names no variable`, REMEDY);
    }
    const [, name, fallback] = match;
    const value = Object.hasOwn(environment, name!) ? environment[name!] : undefined;
    if (fallback !== undefined) return value ? value : fallback;
    if (value !== undefined) return value;
    return report(
      token,
      `the environment variable ${name} is not set`,
      `set it, or give a default: \${${name}:-value}`,
    );
  });
  return { text: replaced, isWhole: INSIDE.test(text) && index === 1, problems };
}

/** Type a text by the core schema of YAML 1.2, which is what the file itself is read by. */
export function typeScalar(text: string): string | number | boolean | null {
  if (/^(?:~|null|Null|NULL)?$/.test(text)) return null;
  if (/^(?:true|True|TRUE)$/.test(text)) return true;
  if (/^(?:false|False|FALSE)$/.test(text)) return false;
  if (/^0o[0-7]+$/.test(text)) return Number.parseInt(text.slice(2), 8);
  if (/^0x[0-9a-fA-F]+$/.test(text)) return Number.parseInt(text.slice(2), 16);
  if (/^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/.test(text)) return Number(text);
  if (/^\.nan$/i.test(text)) return Number.NaN;
  const infinity = /^([-+]?)\.inf$/i.exec(text);
  if (infinity) return infinity[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return text;
}
