/** The program that the README shows: its one block of JavaScript. */
export function readmeProgram(readme: string): string {
  const blocks = [...readme.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match) => match[1]!);
  if (blocks.length !== 1) throw new Error(`the README shows ${blocks.length} programs`);
  return blocks[0]!;
}
