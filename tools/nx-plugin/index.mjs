// Infers nx targets, so that no package configures its build:
// a folder with src/*.bpf.c gets `bpf`; the folder plugins/ gets `build` over all of them; a tsconfig.json gives `build`.
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const HEADERS = '{workspaceRoot}/packages/libbpf/include/**/*.h';
const COMPILER = '{workspaceRoot}/tools/build/src/**/*.ts';

const bpfTarget = (root) => ({
  command: `node tools/build/dist/main.js bpf ${root}`,
  dependsOn: [{ projects: ['@skep/build'], target: 'build' }],
  cache: true,
  inputs: ['{projectRoot}/src/*.bpf.c', HEADERS, COMPILER, '{workspaceRoot}/packages/libbpf/src/btf/*.ts'],
  outputs: ['{projectRoot}/dist/*.bpf.o', '{projectRoot}/src/*.bpf.ts'],
});

const hasBpf = (folder) => readdirSync(folder).some((file) => file.endsWith('.bpf.c'));

/** @type {import('nx/src/project-graph/plugins').CreateNodesV2} */
export const createNodesV2 = [
  '{packages,plugins,tools,e2e}/**/{package.json,tsconfig.json}',
  (files, _options, { workspaceRoot }) =>
    files.map((file) => {
      const root = dirname(file);
      if (file.startsWith('plugins/') && file.endsWith('package.json')) {
        const targets = hasBpf(join(workspaceRoot, root, 'src')) ? { bpf: bpfTarget(root) } : {};
        return [file, { projects: { [root]: { targets, tags: ['plugin'] } } }];
      }
      if (file === 'plugins/tsconfig.json') return [file, { projects: { plugins: pluginsProject() } }];
      if (!file.endsWith('tsconfig.json')) return [file, {}];
      return [file, { projects: { [root]: { targets: { build: packageTarget(root) } } } }];
    }),
];

const packageTarget = (root) => ({
  command: `tsc -b ${root}`,
  // tsc -b follows the references itself and is incremental.
  cache: false,
});

const pluginsProject = () => ({
  name: 'plugins',
  targets: {
    build: {
      command: 'node tools/build/dist/main.js plugins',
      dependsOn: [{ projects: ['tag:plugin'], target: 'bpf' }],
      cache: true,
      inputs: [
        '{workspaceRoot}/plugins/**/src/*.ts',
        '{workspaceRoot}/plugins/**/src/*.bpf.c',
        '{workspaceRoot}/packages/core/src/**/*.ts',
        HEADERS,
        COMPILER,
      ],
      outputs: [
        '{workspaceRoot}/plugins/*/*/dist/*.js',
        '{workspaceRoot}/plugins/*/*/dist/*.d.ts',
        '{workspaceRoot}/plugins/*/*/dist/*.map',
      ],
    },
  },
});
