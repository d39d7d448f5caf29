import { describe, expect, test } from 'vitest';
import { loadNative, nativeObstacle } from '../native-build.ts';
import { testDifferences, testThreads, testTwins } from '../op-suite.test-data.ts';

// a process has one set of native kernels: the first call chooses, so this file stands alone
describe.skipIf(nativeObstacle() !== null || process.arch !== 'x64')('avx2', () => {
  test('is what runs', () => {
    expect(loadNative('avx2').instructions).toBe('avx2');
  });
  testTwins('native');
  testDifferences('native');
  testThreads('native');
});
