// Infers nx targets, so that no package configures its build: a tsconfig.json gives `build`; a plugin folder with
// src/*.bpf.c gives `bpf`; and the folder plugins/ gives one `build` over all of them.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const HEADERS = '{workspaceRoot}/packages/libbpf/include/**/*.h';
const COMPILER = [
  '{workspaceRoot}/tools/build/src/**/*.ts',
  '{workspaceRoot}/packages/build/src/**/*.ts',
  '{workspaceRoot}/packages/libbpf/src/btf/*.ts',
];
const BASE = '{workspaceRoot}/tsconfig.base.json';

const packageTarget = (root) => ({
  command: `tsc -b ${root}`,
  // References are built before, each by its own task, so no two tasks write one output.
  dependsOn: ['^build'],
  cache: true,
  inputs: [
    '{projectRoot}/src/**/*.ts',
    '{projectRoot}/tsconfig.json',
    BASE,
    { dependentTasksOutputFiles: '**/*.d.ts' },
  ],
  outputs: ['{projectRoot}/dist', '{projectRoot}/tsconfig.tsbuildinfo'],
});

const bpfTarget = (root) => ({
  command: `node tools/build/dist/main.js bpf ${root}`,
  dependsOn: [{ projects: ['@skep/workspace-build'], target: 'build' }],
  cache: true,
  inputs: ['{projectRoot}/src/*.bpf.c', HEADERS, ...COMPILER],
  outputs: ['{projectRoot}/dist/*.bpf.o', '{projectRoot}/src/*.bpf.ts'],
});

const pluginsProject = () => ({
  name: 'plugins',
  targets: {
    build: {
      command: 'node tools/build/dist/main.js plugins',
      dependsOn: [
        { projects: ['@skep/workspace-build'], target: 'build' },
        { projects: ['tag:bpf'], target: 'bpf' },
      ],
      cache: true,
      inputs: [
        '{workspaceRoot}/plugins/**/src/*.ts',
        '{workspaceRoot}/plugins/**/src/*.bpf.c',
        '{workspaceRoot}/packages/core/src/**/*.ts',
        HEADERS,
        BASE,
        ...COMPILER,
      ],
      outputs: ['js', 'js.map', 'd.ts'].map((ending) => `{workspaceRoot}/plugins/*/*/dist/*.${ending}`),
    },
  },
});

const hasBpf = (folder) => existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.bpf.c'));

function projectOf(file, workspaceRoot) {
  const root = dirname(file);
  if (file === 'plugins/tsconfig.json') return { plugins: pluginsProject() };
  if (file.startsWith('plugins/')) {
    if (!hasBpf(join(workspaceRoot, root, 'src'))) return {};
    return { [root]: { targets: { bpf: bpfTarget(root) }, tags: ['bpf'] } };
  }
  return file.endsWith('tsconfig.json') ? { [root]: { targets: { build: packageTarget(root) } } } : {};
}

/** @type {import('nx/src/project-graph/plugins').CreateNodesV2} */
export const createNodesV2 = [
  '{packages,plugins,tools,e2e,examples}/**/{package.json,tsconfig.json}',
  (files, _options, { workspaceRoot }) => files.map((file) => [file, { projects: projectOf(file, workspaceRoot) }]),
];
