import { readFileSync } from 'node:fs';
import type { Kind } from './kinds.js';

/** What packages are built, tested and checked with; a test holds them to those of skep itself. */
export const TOOLS = {
  '@biomejs/biome': '2.6.8',
  '@types/node': '^20.19.0',
  typescript: '~6.0.3',
  vitest: '^4.1.12',
} as const;

/** The version of this package, which is that of every package of skep. */
export const VERSION = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;

/** The package.json of what is made. In the workspace of skep the tools and scripts are those of the workspace. */
export function manifestOf(name: string, kind: Kind, description: string, isInWorkspace: boolean): string {
  const isPlugin = kind !== 'sink' && kind !== 'processor';
  const files = isPlugin ? ['dist', 'src/*.bpf.c'] : ['dist'];
  const core = { '@skep/core': isInWorkspace ? VERSION : `^${VERSION}` };
  const common = { name, version: '0.1.0', description, license: 'Apache-2.0', type: 'module' };
  const rest = { engines: { node: '>=20.19' }, exports: './dist/index.js', files };
  const manifest = isInWorkspace
    ? { ...common, ...rest, ...(isPlugin ? { peerDependencies: core } : { dependencies: core }) }
    : {
        ...common,
        keywords: ['skep', 'ebpf'],
        ...rest,
        scripts: { build: 'skep build', lint: 'biome check .', prepack: 'skep build', test: 'vitest run' },
        peerDependencies: core,
        devDependencies: sorted({
          ...core,
          '@skep/build': `^${VERSION}`,
          '@skep/cli': `^${VERSION}`,
          '@skep/testing': `^${VERSION}`,
          ...TOOLS,
        }),
      };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function sorted(versions: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1)));
}
