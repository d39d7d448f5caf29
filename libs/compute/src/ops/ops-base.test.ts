import { describe, expect, test } from 'vitest';
import { loadNative, nativeObstacle } from '../native-build.ts';
import { testDifferences, testThreads, testTwins } from '../op-suite.test-data.ts';

// a process has one set of native kernels: the first call chooses, so this file stands alone
describe.skipIf(nativeObstacle() !== null || process.arch !== 'x64')('base', () => {
  test('is what runs', () => {
    expect(loadNative('base').instructions).toBe('base');
  });
  testTwins('native');
  testDifferences('native');
  testThreads('native');
});
