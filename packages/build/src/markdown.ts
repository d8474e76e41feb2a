/** Text of a table's cell: one line, nothing in it ends the cell or begins HTML. */
export function cell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll('*', '\\*')
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}

/** Text shown as code; '' stays empty. */
export function code(text: string): string {
  return text === '' ? '' : `\`${text.replaceAll('|', '\\|')}\``;
}

/** A table with a header; cells are Markdown already. A column that is empty in every row is left out. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const used = header.map((_, i) => rows.length === 0 || rows.some((row) => (row[i] ?? '') !== ''));
  const line = (cells: readonly string[]): string => {
    const kept = cells.filter((_, i) => used[i]);
    return `|${kept.map((one) => (one === '' ? ' ' : ` ${one} `)).join('|')}|`;
  };
  const rule = `|${header
    .filter((_, i) => used[i])
    .map(() => '---')
    .join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

/** A fenced block. */
export function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.replace(/\n$/, '')}\n\`\`\``;
}

const MARK = /(<!-- generated:([a-z-]+) -->)[\s\S]*?(<!-- \/generated -->)/g;

/** `text` with the parts between `<!-- generated:NAME -->` and `<!-- /generated -->` replaced; unknown names throw. */
export function fillMarks(text: string, parts: Readonly<Record<string, string>>): string {
  return text.replace(MARK, (_, begin: string, name: string, end: string) => {
    const part = parts[name];
    if (part === undefined) throw new Error(`no generated part "${name}"; there are ${Object.keys(parts).join(', ')}`);
    return `${begin}\n${part}\n${end}`;
  });
}

/** The sections of a page by their `## ` title, without the title; '' is what stands before the first. */
export function sections(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let title = '';
  let lines: string[] = [];
  let inFence = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) inFence = !inFence;
    const heading = inFence ? undefined : /^## (.+)$/.exec(line)?.[1];
    if (heading === undefined) lines.push(line);
    else {
      found.set(title, textOf(lines));
      [title, lines] = [heading.trim(), []];
    }
  }
  return found.set(title, textOf(lines));
}

/** Without blank lines around; what is indented at its start is code. */
function textOf(lines: readonly string[]): string {
  return lines
    .join('\n')
    .replace(/^(?:[ \t]*\n)+/, '')
    .trimEnd();
}

/** Relative links of a text that moves from `from` (a folder relative to where it moves) keep their target. */
export function rebaseLinks(text: string, from: string): string {
  return text.replace(
    /\]\((?![a-z]+:|#|\/)([^)\s]+)\)/g,
    (_, target: string) => `](${from}/${target.replace(/^\.\//, '')})`,
  );
}
