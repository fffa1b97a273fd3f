import { defineConfig } from 'vitest/config';

export default defineConfig({
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
    projects: [
      {
        extends: true,
        test: {
          name: 'server',
          include: ['test/**/*.spec.ts'],
          exclude: ['test/browser/**'],
          maxWorkers: 2,
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.spec.ts'],
          // a browser with a camera takes a core or two by itself: one at a time, and after all else
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
        },
      },
    ],
  },
});
