import { join } from 'node:path';
import ts from 'typescript';
import { GENERATED } from './tool-page.js';

/** Packages whose interfaces are for others, by their folders, and what they are for. */
export const DOCUMENTED: Readonly<Record<string, string>> = {
  core: 'What plugins, sinks and processors are written with.',
  testing: 'Their tests.',
  libbcc: 'Programs compiled at run time, from TypeScript.',
};

/** The pages `docs/api/<package>.md`, from the doc comments of what the packages export; they must be compiled. */
export function apiPages(root: string): ReadonlyMap<string, string> {
  const names = Object.keys(DOCUMENTED);
  const entries = names.map((name) => join(root, 'packages', name, 'dist/index.d.ts'));
  const options = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    skipLibCheck: true,
  };
  const program = ts.createProgram(entries, { ...options, types: [] });
  const pages = new Map<string, string>();
  for (const [i, name] of names.entries()) {
    const file = program.getSourceFile(entries[i]!);
    if (!file) throw new Error(`${entries[i]} does not exist: npm run build`);
    pages.set(`docs/api/${name}.md`, apiPage(name, file, program.getTypeChecker()));
  }
  pages.set('docs/api/README.md', indexPage());
  return pages;
}

function apiPage(name: string, file: ts.SourceFile, checker: ts.TypeChecker): string {
  const module = checker.getSymbolAtLocation(file)!;
  const sections = checker
    .getExportsOfModule(module)
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((symbol) => sectionOf(symbol, checker));
  return `${[GENERATED, `# @skep/${name}`, DOCUMENTED[name], ...sections].join('\n\n')}\n`;
}

function indexPage(): string {
  const lines = Object.entries(DOCUMENTED).map(([name, about]) => `- [@skep/${name}](${name}.md): ${about}`);
  const about = 'Everything that these packages export, from the comments of their sources.';
  return `${[GENERATED, '# Interfaces', about, lines.join('\n')].join('\n\n')}\n`;
}

function sectionOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  const doc = ts.displayPartsToString(symbol.getDocumentationComment(checker)).trim();
  const tags = symbol.getJsDocTags(checker).map(({ name, text }) => {
    return `- ${name} ${ts.displayPartsToString(text).replace(/\s+/g, ' ').trim()}`;
  });
  const code = (symbol.declarations ?? []).map(declarationText).join('\n');
  const parts = [`## \`${symbol.name}\``, escaped(doc), escaped(tags.join('\n')), `\`\`\`ts\n${code}\n\`\`\``];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** As the compiler writes it, without what it says of modules. */
function declarationText(declaration: ts.Declaration): string {
  const whole = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return whole.getText().replace(/^export (default )?(declare )?/, '');
}

/** Types in prose are no HTML. */
function escaped(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, i) => (i % 2 === 1 ? part : part.replaceAll('<', '&lt;')))
    .join('');
}
