import { defineConfig } from 'vitest/config';

export default defineConfig({
  // the libs are tested from their sources: see "imports" in package.json
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['test/**/*.spec.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    reporters: ['default', './test/support/count-reporter.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
