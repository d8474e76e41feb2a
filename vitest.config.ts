import { defineConfig } from 'vitest/config';

// Unit tests need no kernel and no privilege: `*.test.ts`. Kernel tests (`*.kernel.test.ts`, root) and tests that boot
// a virtual machine (`*.vm.test.ts`) are picked by the projects of their names.
const stage = process.env.SKEP_TEST_STAGE ?? 'unit';
const suffix = stage === 'unit' ? '' : `.${stage}`;

export default defineConfig({
  test: {
    include: [`{packages,plugins,tools,e2e,examples}/**/*${suffix}.test.ts`],
    exclude: ['**/node_modules/**', '**/dist/**', ...(stage === 'unit' ? ['**/*.{kernel,vm}.test.ts'] : [])],
    testTimeout: stage === 'unit' ? 10_000 : 600_000,
    hookTimeout: stage === 'unit' ? 10_000 : 600_000,
    fileParallelism: stage === 'unit',
    reporters: process.env.CI ? ['default'] : ['default'],
  },
});
