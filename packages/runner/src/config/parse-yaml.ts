import { Composer, type Document, Parser, type YAMLError } from 'yaml';
import { guardTokens, guardTree } from './guard.js';
import type { Problems } from './problems.js';
import type { SourceText } from './source.js';

/** One mistake of syntax makes the parser stumble over what follows: more than this is noise. */
const MOST_SYNTAX_ERRORS = 10;

/**
 * The one document of a YAML text, or undefined when its syntax is wrong, it is empty, or it is too large or deep;
 * what is wrong is added to `problems`.
 */
export function parseYaml(source: SourceText, problems: Problems): Document.Parsed | undefined {
  if (!guardTokens(source, problems)) return undefined;
  const tokens = [...new Parser().parse(source.text)];
  const before = problems.count;
  if (!guardTree(tokens, source, problems)) return undefined;
  // The library compares every key with every other one: duplicates are found while the tree is built instead.
  const composer = new Composer({ prettyErrors: false, uniqueKeys: false, schema: 'core', resolveKnownTags: false });
  const documents = [...composer.compose(tokens, false, source.text.length)];
  addSyntaxErrors(documents, source, problems);
  const [document, second] = documents;
  if (second) {
    const start = second.range[0];
    problems.add('SKEP_CONFIG', source.at(start, start + 3), 'a second document', 'one file is one configuration');
  }
  if (problems.count > before) return document && document.errors.length === 0 ? document : undefined;
  if (!document?.contents || source.text.trim() === '') {
    problems.add('SKEP_CONFIG', source.at(0), 'the file is empty', 'begin it with "version: 1"');
    return undefined;
  }
  return document;
}

function addSyntaxErrors(documents: readonly Document.Parsed[], source: SourceText, problems: Problems): void {
  const lines = new Set<number>();
  for (const error of documents.flatMap((document) => document.errors)) {
    if (error.code === 'TAG_RESOLVE_FAILED' || error.code === 'BAD_DIRECTIVE') continue;
    const place = source.at(error.pos[0], error.pos[1]);
    if (lines.has(place.line) || lines.size >= MOST_SYNTAX_ERRORS) continue;
    lines.add(place.line);
    problems.add('SKEP_CONFIG', place, `YAML syntax: ${firstLine(error.message)}`, remedyFor(error, place.text));
  }
}

function firstLine(message: string): string {
  const line = message.split('\n', 1)[0]!;
  return line.charAt(0).toLowerCase() + line.slice(1);
}

function remedyFor(error: YAMLError, line: string): string {
  if (error.code === 'TAB_AS_INDENT' || /^[ ]*\t/.test(line)) return 'indent with spaces';
  if (/[{[,:]\s*\$\{/.test(line)) return `put quotes around "\${...}" inside { } and [ ]`;
  return '';
}
