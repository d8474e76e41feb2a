/** More would cost a map each; programs have a handful. */
const MOST = 32;

/** Names, as C types, of the structs that a text declares at its top level: any of them may be an event's. */
export function structNames(text: string): string[] {
  if (!/\b(BPF_PERF_OUTPUT|BPF_RINGBUF_OUTPUT)\b/.test(text)) return [];
  const code = withoutComments(text);
  const names = new Set<string>();
  for (const [, name] of code.matchAll(
    /(?:^|[;}])\s*(?:typedef\s+)?struct\s+(?:__attribute__\s*\(\(.*?\)\)\s*)?(\w+)\s*\{/gm,
  )) {
    names.add(`struct ${name}`);
  }
  // Of a typedef without a tag only the name behind the body is known.
  for (const body of code.matchAll(/(?:^|[;}])\s*typedef\s+struct\s*(?:__attribute__\s*\(\(.*?\)\)\s*)?\{/gm)) {
    const name = /^\s*(?:__attribute__\s*\(\(.*?\)\)\s*)?(\w+)\s*;/.exec(code.slice(endOfBody(code, body.index)))?.[1];
    if (name !== undefined) names.add(name);
  }
  return [...names].slice(0, MOST);
}

/** Comments and strings out, every line break kept. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"/g, (found) =>
    found.startsWith('"') ? '""' : found.replace(/[^\n]/g, ' '),
  );
}

function endOfBody(code: string, from: number): number {
  let depth = 0;
  for (let i = code.indexOf('{', from); i < code.length; i++) {
    if (code[i] === '{') depth++;
    else if (code[i] === '}' && --depth === 0) return i + 1;
  }
  return code.length;
}
