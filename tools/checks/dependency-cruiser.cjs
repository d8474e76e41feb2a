// Dependencies point one way: plugins and sinks -> core; libbpf, symbols -> core, elf; libbcc -> core, libbpf,
// symbols; tracing, for plugins whose programs depend on their options -> elf, libbcc; runner -> core, libbpf, libbcc,
// symbols; cli -> runner.
// Workspace packages are seen as what they export, `packages/<name>/dist`. Tests may also use what tests use.
const TESTS = '\\.test\\.ts$|[/-]fixtures?\\.ts$|/test/|plugins/plugins\\.test\\.ts$';

/** What files in `from` may import of the workspace, besides their own folder. */
function only(name, from, allowed) {
  return {
    name,
    comment: 'dependencies point one way',
    severity: 'error',
    from: { path: from, pathNot: TESTS },
    to: { path: '^(packages|plugins|tools|e2e|examples)/', pathNot: [from, ...allowed] },
  };
}

const packages = (...names) => names.map((name) => `^packages/${name}/`);

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('core-stands-alone', '^packages/core/', []),
    only('elf-stands-alone', '^packages/elf/', []),
    only('libbpf-needs-core', '^packages/libbpf/', packages('core', 'elf')),
    only('symbols-need-core', '^packages/symbols/', packages('core', 'elf')),
    only('libbcc-needs-libbpf', '^packages/libbcc/', packages('core', 'libbpf', 'symbols')),
    {
      name: 'sinks-and-processors-need-core',
      comment: 'they may use nothing that a third party cannot',
      severity: 'error',
      from: { path: '^packages/((?:sink|processor)-[^/]+)/', pathNot: TESTS },
      to: { path: '^(packages|plugins|tools|e2e|examples)/', pathNot: ['^packages/$1/', ...packages('core')] },
    },
    only('tracing-needs-libbcc', '^packages/tracing/', packages('core', 'elf', 'libbpf', 'libbcc')),
    only('runner-needs-kernels', '^packages/runner/', packages('core', 'libbpf', 'libbcc', 'symbols')),
    only(
      'cli-needs-runner',
      '^packages/cli/',
      packages('build', 'core', 'create-skep-plugin', 'libbpf', 'runner', 'sink-stdout', 'sink-flamegraph'),
    ),
    only('examples-need-libbcc', '^examples/', packages('core', 'libbcc')),
    only('build-needs-runner', '^packages/build/', packages('core', 'libbpf', 'runner')),
    only('create-needs-core', '^packages/create-skep-plugin/', packages('core')),
    only('testing-needs-build', '^packages/testing/', packages('build', 'core', 'libbpf', 'runner')),
    {
      name: 'plugins-need-core',
      comment: 'a plugin may use nothing that a third party cannot, and no other plugin',
      severity: 'error',
      from: { path: '^plugins/([^/]+/[^/]+)/', pathNot: TESTS },
      to: {
        path: '^(packages|plugins|tools|e2e|examples)/',
        pathNot: ['^plugins/$1/', ...packages('core', 'tracing')],
      },
    },
    {
      name: 'nobody-needs-plugins',
      comment: 'plugins are found at run time',
      severity: 'error',
      from: { path: '^(packages|tools)/', pathNot: TESTS },
      to: { path: '^plugins/' },
    },
    {
      name: 'packages-need-no-tools',
      comment: 'tools are there to build and check, never at run time',
      severity: 'error',
      from: { path: '^(packages|plugins)/', pathNot: TESTS },
      to: { path: '^(tools|e2e)/' },
    },
    {
      name: 'ffi-in-native-only',
      comment: 'no other code knows a pointer',
      severity: 'error',
      from: { pathNot: '^packages/[^/]+/src/native/' },
      to: { path: '(^|node_modules/)koffi(/|$)' },
    },
    {
      name: 'container-in-wiring-only',
      severity: 'error',
      from: { pathNot: '^packages/runner/src/agent/wiring\\.ts$' },
      to: { path: '(^|node_modules/)(tsyringe|reflect-metadata)(/|$)' },
    },
  ],
  options: {
    // What is built from the sources is not looked at twice, but it is what imports lead to.
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
    exclude: { path: '(^|/)dist/.*\\.d\\.ts$' },
    includeOnly: undefined,
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
