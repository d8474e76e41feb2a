import { type LibraryQuery, SkepError, suggest } from '@skep/core';
import { printJson, printTable } from '../output.js';

export function printLibrary(queries: readonly LibraryQuery[], isJson: boolean): void {
  if (isJson) {
    printJson(queries);
    return;
  }
  // What a query takes stands below what it answers: side by side they are wider than a terminal.
  printTable([
    ['NAME', 'WHAT IT ANSWERS, OF WHICH TOOLS, WITH WHICH --param'],
    ...queries.flatMap(({ name, title, tools, parameters }) => {
      const details = [tools.join(', '), parameters.map((one) => `${one.name}=${one.default}`).join(' ')];
      const below = details.filter((text) => text !== '').join('; ');
      return below === ''
        ? [[name, title]]
        : [
            [name, title],
            ['', `  ${below}`],
          ];
    }),
  ]);
}

/** The query of that name, if the argument is a name at all: a statement has more than one word. */
export function queryNamed(argument: string, queries: readonly LibraryQuery[]): LibraryQuery | undefined {
  if (!/^[A-Za-z][\w-]*$/.test(argument)) return undefined;
  const found = queries.find(({ name }) => name === argument);
  if (found) return found;
  const near = suggest(
    argument,
    queries.map(({ name }) => name),
  );
  throw new SkepError('SKEP_USAGE', `no query "${argument}"`, near.startsWith('did') ? near : 'see: skep query --list');
}

/** What `--show` prints: a statement that can be changed, with what stands for its parameters. */
export function queryText({ title, parameters, text }: LibraryQuery): string {
  const lines = parameters.map((one) => `-- --param ${one.name}=${one.default}: ${one.doc}\n`);
  return `-- ${title}\n${lines.join('')}${text}\n`;
}
