import { defineConfig } from 'vitest/config';

/** Tests behind a real nginx. They run separately (`npm run test:proxy`), because they hold polls for the full time. */
const PROXY = ['test/faults/proxy.spec.ts', 'test/faults/rolling-restart.spec.ts'];

/** Tests that build copies of the repository, which takes a minute each: `npm run test:build`. */
const BUILD = ['test/flow/build.spec.ts', 'test/flow/npm-run-dev.spec.ts'];

/** `npm run test:faults` runs the same tests with their full numbers. */
const isLong = (mode: string) => mode === 'long';

export default defineConfig(({ mode }) => ({
  // tests and global setup load the libs from their sources (condition "source" of their exports)
  ssr: { resolve: { conditions: ['source'] } },
  environments: { __vitest__: { resolve: { conditions: ['source', 'module', 'node', 'development|production'] } } },
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
    pool: 'forks',
    // loading Nest and TypeORM again for each file would take longer than the tests
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
          exclude: ['test/browser/**', 'test/attacks/browser.spec.ts', 'test/bench/**', ...PROXY, ...BUILD],
          // the long runs make thousands of calls at once, which leaves no processor for a second file
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
        test: { name: 'build', include: BUILD, maxWorkers: 2, testTimeout: 30_000 },
      },
      {
        extends: true,
        mode,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.spec.ts', 'test/attacks/browser.spec.ts'],
          // a browser with a camera takes a core or two: few at a time, after all other tests
          maxWorkers: 2,
          maxConcurrency: 2,
          sequence: { groupOrder: 1 },
          // one retry, because a page may get no processor for seconds on a busy machine
          retry: 1,
          testTimeout: 90_000,
        },
      },
    ],
  },
}));
