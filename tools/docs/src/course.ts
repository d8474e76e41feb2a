/** One step of a page that is carried out: a command with its output, a file that is shown, or a change of one. */
export type Step =
  | { readonly kind: 'command'; readonly command: string; readonly output: string }
  | { readonly kind: 'file'; readonly path: string; readonly text: string }
  | { readonly kind: 'edit'; readonly path: string; readonly from: string; readonly to: string };

const BLOCK = /^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm;

/**
 * The steps of a page, in its order. A block `console` holds commands behind `$` or `#` (as root), and what they print;
 * `diff PATH` a change of a file; any other block `LANGUAGE PATH` is a file as it is, or as it is to be.
 *
 * @throws Error for a block that is none of these: everything that is shown is tried.
 */
export function stepsOf(page: string): Step[] {
  return [...page.matchAll(BLOCK)].flatMap(([, language, path, text = '']): Step[] => {
    if (language === 'console') return commandsOf(text);
    if (path === undefined) throw new Error(`a block of ${language} without a path:\n${text}`);
    return [language === 'diff' ? editOf(path, text) : { kind: 'file', path, text }];
  });
}

function commandsOf(text: string): Step[] {
  const steps: { kind: 'command'; command: string; output: string }[] = [];
  for (const line of text.split('\n')) {
    const command = /^[$#] (.*)$/.exec(line)?.[1];
    if (command !== undefined) steps.push({ kind: 'command', command, output: '' });
    else if (steps.length > 0 && line !== '') steps.at(-1)!.output += `${line}\n`;
  }
  return steps;
}

function editOf(path: string, text: string): Step {
  const side = (without: string) =>
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith(without))
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  return { kind: 'edit', path, from: side('+'), to: side('-') };
}

/** What output must match: line by line as it is shown, where `[...]` stands for anything. */
export function patternOf(output: string): RegExp {
  const parts = output
    .trimEnd()
    .split(/\n?\[\.\.\.\]\n?/)
    .map((part) =>
      part
        .split('\n')
        .map((line) => line.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/ {2,}/g, ' +'))
        .join(' *\\n'),
    );
  return new RegExp(parts.join('[\\s\\S]*?'));
}
