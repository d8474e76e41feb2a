import { defineConfig } from 'vitest/config';

// Unit tests need no kernel and no privilege: `*.test.ts`. Kernel tests (`*.kernel.test.ts`, root) and tests that boot
// a virtual machine (`*.vm.test.ts`) are picked by the projects of their names.
const stage = process.env.SKEP_TEST_STAGE ?? 'unit';
const suffix = stage === 'unit' ? '' : `.${stage}`;

export default defineConfig({
  test: {
    include: [`{packages,plugins,tools,e2e,examples}/**/*${suffix}.test.ts`],
    exclude: ['**/node_modules/**', '**/dist/**', ...(stage === 'unit' ? ['**/*.{kernel,vm}.test.ts'] : [])],
    // For what hangs: compilers, servers and programs take many times as long on a machine that is busy with others.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 30_000 } },
    fileParallelism: stage === 'unit',
    reporters: process.env.CI ? ['default'] : ['default'],
  },
});
