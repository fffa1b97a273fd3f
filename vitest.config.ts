import { defineConfig } from 'vitest/config';

export default defineConfig({
  // the libs are tested from their sources (see "imports" in package.json): by the tests, and by the global set-up
  ssr: { resolve: { conditions: ['source'] } },
  environments: { __vitest__: { resolve: { conditions: ['source', 'module', 'node', 'development|production'] } } },
  test: {
    include: ['test/**/*.spec.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // each file starts an application of its own; loading Nest and TypeORM anew for each would take longer than the tests
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
