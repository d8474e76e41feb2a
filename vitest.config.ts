import { defineConfig } from 'vitest/config';

// Unit tests need no kernel and no privilege: `*.test.ts`. Kernel tests (`*.kernel.test.ts`, root) and tests that boot
// a virtual machine (`*.vm.test.ts`) are picked by the projects of their names.
const stage = process.env.SKEP_TEST_STAGE ?? 'unit';
const suffix = stage === 'unit' ? '' : `.${stage}`;

export default defineConfig({
  test: {
    include: [`{packages,plugins,tools,e2e,examples}/**/*${suffix}.test.ts`],
    exclude: ['**/node_modules/**', '**/dist/**', ...(stage === 'unit' ? ['**/*.{kernel,vm}.test.ts'] : [])],
    // Against what hangs alone: machines are shared, and a test may take ten times as long as it does on an idle one.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: { poll: { timeout: 60_000 } },
    // Kernel tests share one kernel: what one does would be another's events. Guests have a kernel each, and most of
    // them one processor: two of them side by side, by vitest's own count it would be one on two CPUs.
    fileParallelism: stage !== 'kernel',
    ...(stage === 'vm' && { maxWorkers: 2 }),
    reporters: ['default'],
  },
});
