// Infers nx targets, so that no package configures its build: a tsconfig.json gives `build`; a package's src/*.wasm.c gives
// `wasm`; a plugin folder with src/*.bpf.c gives `bpf`; and the folder plugins/ gives one `build` over all of them.
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const HEADERS = '{workspaceRoot}/packages/libbpf/include/**/*.h';
const COMPILER = [
  '{workspaceRoot}/tools/build/src/**/*.ts',
  '{workspaceRoot}/packages/build/src/**/*.ts',
  '{workspaceRoot}/packages/libbpf/src/btf/*.ts',
];
const BASE = '{workspaceRoot}/tsconfig.base.json';
const WASM_FLAGS = [
  ...['-O3', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-nostdlib', '-fvisibility=hidden'],
  ...['--no-entry', '--export-dynamic', '--export=__heap_base', '--strip-all', '-z,stack-size=4096'].map(
    (flag) => `-Wl,${flag}`,
  ),
];

const packageTarget = (root, dependsOn) => ({
  command: `tsc -b ${root}`,
  // References are built before, each by its own task, so no two tasks write one output.
  dependsOn: ['^build', ...dependsOn],
  cache: true,
  inputs: [
    '{projectRoot}/src/**/*.ts',
    '{projectRoot}/tsconfig.json',
    BASE,
    { dependentTasksOutputFiles: '**/*.d.ts' },
  ],
  outputs: ['js', 'js.map', 'd.ts']
    .map((ending) => `{projectRoot}/dist/**/*.${ending}`)
    .concat('{projectRoot}/tsconfig.tsbuildinfo'),
});

/** A module for each src/NAME.wasm.c: it has its memory and what it marks as visible, and imports nothing. */
const wasmTarget = (root, sources) => ({
  options: {
    commands: sources.map((source) => {
      const to = `${root}/dist/${source.replace(/\.c$/, '')}`;
      return `mkdir -p ${root}/dist && clang --target=wasm32 ${WASM_FLAGS.join(' ')} ${root}/src/${source} -o ${to}`;
    }),
  },
  executor: 'nx:run-commands',
  cache: true,
  inputs: ['{projectRoot}/src/*.wasm.c'],
  outputs: ['{projectRoot}/dist/*.wasm'],
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

const sourcesIn = (folder, ending) =>
  existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith(ending)) : [];

function packageTargets(root, sources) {
  const wasm = sourcesIn(sources, '.wasm.c');
  if (wasm.length === 0) return { build: packageTarget(root, []) };
  return { build: packageTarget(root, ['wasm']), wasm: wasmTarget(root, wasm) };
}

function projectOf(file, workspaceRoot) {
  const root = dirname(file);
  if (file === 'plugins/tsconfig.json') return { plugins: pluginsProject() };
  if (file.startsWith('plugins/')) {
    if (sourcesIn(join(workspaceRoot, root, 'src'), '.bpf.c').length === 0) return {};
    return { [root]: { targets: { bpf: bpfTarget(root) }, tags: ['bpf'] } };
  }
  if (!file.endsWith('tsconfig.json')) return {};
  return { [root]: { targets: packageTargets(root, join(workspaceRoot, root, 'src')) } };
}

/** @type {import('nx/src/project-graph/plugins').CreateNodesV2} */
export const createNodesV2 = [
  '{packages,plugins,tools,e2e,examples}/**/{package.json,tsconfig.json}',
  (files, _options, { workspaceRoot }) => files.map((file) => [file, { projects: projectOf(file, workspaceRoot) }]),
];
