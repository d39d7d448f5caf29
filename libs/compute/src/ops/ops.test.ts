import { testDifferences, testThreads, testTwins } from '../op-suite.test-data.ts';
import { ourBackends } from '../our-backends.test-data.ts';

for (const backend of ourBackends) {
  testTwins(backend);
  testDifferences(backend);
  testThreads(backend);
}
