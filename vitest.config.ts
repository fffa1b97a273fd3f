import { defineConfig } from 'vitest/config';

/** With a real nginx in front: by itself (`npm run test:proxy`), since polls are held for their whole time there. */
const PROXY = ['test/faults/proxy.spec.ts', 'test/faults/rolling-restart.spec.ts'];

/** `npm run test:faults`: the same promises, with the numbers that they name. */
const isLong = (mode: string) => mode === 'long';

export default defineConfig(({ mode }) => ({
  // the libs are tested from their sources (see "imports" in package.json): by the tests, and by the global set-up
  ssr: { resolve: { conditions: ['source'] } },
  environments: { __vitest__: { resolve: { conditions: ['source', 'module', 'node', 'development|production'] } } },
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
    pool: 'forks',
    // each file starts an application of its own; loading Nest and TypeORM anew for each would take longer than the tests
    isolate: false,
    hookTimeout: 60_000,
    provide: { isLong: isLong(mode) },
    projects: [
      {
        extends: true,
        mode,
        test: {
          name: 'server',
          include: ['test/**/*.spec.ts'],
          exclude: ['test/browser/**', 'test/attacks/browser.spec.ts', 'test/bench/**', ...PROXY],
          // in the long rounds thousands of calls at a time leave nothing over for a second file
          maxWorkers: isLong(mode) ? 1 : 2,
          testTimeout: isLong(mode) ? 600_000 : 30_000,
        },
      },
      {
        extends: true,
        mode,
        test: { name: 'proxy', include: PROXY, maxWorkers: 1, testTimeout: 60_000 },
      },
      {
        extends: true,
        mode,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.spec.ts', 'test/attacks/browser.spec.ts'],
          // browsers with cameras take a core or two by themselves: few at a time, and after all else
          maxWorkers: 2,
          maxConcurrency: 2,
          sequence: { groupOrder: 1 },
          // a page that gets no processor for seconds is no fault of ours; one that fails twice in a row is
          retry: 1,
          testTimeout: 90_000,
        },
      },
    ],
  },
}));
