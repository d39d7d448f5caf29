import { describe } from 'vitest';
import { loadNative, nativeObstacle } from '../native-build.ts';
import { testDifferences, testThreads, testTwins } from '../op-suite.test-data.ts';

// a process has one set of native kernels: the first call chooses, so this file stands alone
const native = nativeObstacle() === null && process.arch === 'x64';
const instructions = native ? loadNative('avx2').instructions : null;

describe.skipIf(instructions !== 'avx2')('avx2', () => {
  testTwins('native');
  testDifferences('native');
  testThreads('native');
});
