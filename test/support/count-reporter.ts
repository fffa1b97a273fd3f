import type { Reporter, TestModule } from 'vitest/node';

/** The last line of a run: how many tests passed, failed and were skipped. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state] += 1;
      // a file that failed to load has no tests to count
      if (module.state() === 'failed' && counts.failed === 0) counts.failed += 1;
    }
    const { passed, failed, skipped } = counts;
    process.on('exit', () => process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`));
  }
}
