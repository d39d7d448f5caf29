/** Conformance suites: each implementation of an interface calls the suite from its own test. */
export { callInfo, testEnvironment } from './testing/environment-suite.ts';
export { testPolicy } from './testing/policy-suite.ts';
