import { beforeAll, describe, expect, test } from 'vitest';
import {
  differing,
  floats,
  type Results,
  relativeError,
  relativeErrors,
} from './numbers.test-data.ts';
import {
  attentionCase,
  embeddingCase,
  gradientsOf,
  headCase,
  linearCase,
  lossOf,
  type OpCase,
  resultsOf,
  rmsNormCase,
  swigluCase,
} from './op-cases.test-data.ts';
import { type BackendName, openCompute } from './open-compute.ts';

const slopes33 = floats([33], 14);

const linearCases: OpCase[] = [
  linearCase([1, 1, 1]),
  linearCase([1, 10, 33]),
  linearCase([17, 18, 10], ['bias']),
  linearCase([65, 33, 18], ['residual']),
  linearCase([129, 300, 70], ['bias', 'residual']),
  // three KC blocks, the last of one
  linearCase([31, 513, 34]),
  // whole tiles of every build
  linearCase([56, 256, 64], ['residual']),
  // two column superblocks, the second of four columns; of the gradients too
  linearCase([3, 5, 4100], ['bias', 'residual']),
  linearCase([3, 4100, 5]),
];

const rowCases: OpCase[] = [
  rmsNormCase(1, 2),
  rmsNormCase(1, 18),
  rmsNormCase(65, 10),
  rmsNormCase(129, 33),
  // epsilon decides
  rmsNormCase(17, 34, 1e-3),
  swigluCase(1, 1),
  swigluCase(65, 10),
  swigluCase(129, 33),
  swigluCase(17, 18, 30),
  embeddingCase(1, 10),
  embeddingCase(65, 33),
  embeddingCase(129, 130, 3),
];

const attentionCases: OpCase[] = [
  attentionCase({ batch: 1, length: 1, heads: 1, kvHeads: 1, headDim: 2 }),
  attentionCase({ batch: 1, length: 17, heads: 3, kvHeads: 3, headDim: 6 }),
  attentionCase({ batch: 3, length: 17, heads: 4, kvHeads: 1, headDim: 4 }),
  attentionCase({ batch: 2, length: 33, heads: 6, kvHeads: 2, headDim: 34 }),
  attentionCase({ batch: 1, length: 129, heads: 2, kvHeads: 1, headDim: 64 }),
  attentionCase({ batch: 2, length: 50, heads: 2, kvHeads: 2, headDim: 10, packed: [1, 7, 42] }),
  attentionCase({ batch: 1, length: 97, heads: 4, kvHeads: 2, headDim: 8, packed: [33, 47, 17] }),
  attentionCase({ batch: 1, length: 20, heads: 2, kvHeads: 1, headDim: 6, scale: 8 }),
];

const headCases: OpCase[] = [
  headCase({ rows: 1, width: 10, vocabulary: 7 }),
  headCase({ rows: 33, width: 18, vocabulary: 7 }),
  headCase({ rows: 33, width: 18, vocabulary: 7, of: 'logprobs' }),
  headCase({ rows: 33, width: 18, vocabulary: 7, of: 'entropies' }),
  headCase({ rows: 65, width: 10, vocabulary: 129, options: { temperature: 0.7 } }),
  headCase({ rows: 17, width: 33, vocabulary: 33, options: { temperature: 1.9, frozen: true } }),
  // the slopes that were expected come: the forward pass's gradients are used
  ...[false, true].map((frozen) =>
    headCase({
      rows: 33,
      width: 18,
      vocabulary: 34,
      of: 'logprobs',
      slopes: [slopes33],
      options: { temperature: 0.8, frozen, expectedSlopes: slopes33.values as Float32Array },
    }),
  ),
  // other slopes come, and entropies beside them
  headCase({
    rows: 33,
    width: 18,
    vocabulary: 34,
    options: { expectedSlopes: slopes33.values as Float32Array },
  }),
  headCase({
    rows: 33,
    width: 18,
    vocabulary: 34,
    of: 'logprobs',
    options: { expectedSlopes: slopes33.values as Float32Array, frozen: true },
  }),
];

const allCases = [...linearCases, ...rowCases, ...attentionCases, ...headCases];

const named = (cases: readonly OpCase[]): [string, OpCase][] =>
  cases.map((opCase) => [opCase.name, opCase]);

const known = new Map<OpCase, Results>();
const plainResults = async (opCase: OpCase): Promise<Results> => {
  await openCompute({ backend: 'plain' });
  const results = known.get(opCase) ?? resultsOf(opCase);
  known.set(opCase, results);
  return results;
};

/** Values and gradients are those of the same op made of tfjs's own operations. */
export const testTwins = (backend: BackendName): void => {
  describe(`${backend} against plain tfjs`, () => {
    test.each(named(allCases))('%s', async (_, opCase) => {
      const expected = await plainResults(opCase);
      await openCompute({ backend, threads: 2 });
      const errors = relativeErrors(resultsOf(opCase), expected);
      for (const [name, error] of Object.entries(errors)) expect(error, name).toBeLessThan(1e-5);
    });
  });
};

/** Central differences in every value of every input, up to about 120 of them. */
const differences = (opCase: OpCase, step: number): Results =>
  Object.fromEntries(
    Object.entries(opCase.inputs).map(([name, input]) => {
      const stride = Math.ceil(input.values.length / 120);
      const slopes = Float32Array.from(
        { length: Math.ceil(input.values.length / stride) },
        (_, i) => {
          const lossAt = (by: number): number => {
            const values = Float32Array.from(input.values);
            values[i * stride]! += by;
            return lossOf({
              ...opCase,
              inputs: { ...opCase.inputs, [name]: { ...input, values } },
            });
          };
          return (lossAt(step) - lossAt(-step)) / (2 * step);
        },
      );
      return [`d ${name}`, slopes];
    }),
  );

/** Each is several tasks for the pool, of unequal sizes. */
const parallelCases: OpCase[] = [
  linearCase([129, 300, 70], ['bias', 'residual']),
  linearCase([3, 5, 4100], ['bias']),
  linearCase([257, 34, 513], ['residual']),
  rmsNormCase(321, 129),
  swigluCase(129, 33),
  embeddingCase(129, 257, 5),
  attentionCase({ batch: 5, length: 33, heads: 6, kvHeads: 3, headDim: 10, packed: [5, 28] }),
  headCase({ rows: 129, width: 33, vocabulary: 70 }),
];

/** Results are the same bits however many threads share the work. */
export const testThreads = (backend: BackendName): void => {
  describe(`${backend} with 1, 2, 3 and 1 threads`, () => {
    test.each(named(parallelCases))('%s', async (_, opCase) => {
      await openCompute({ backend, threads: 1 });
      const alone = resultsOf(opCase);
      for (const threads of [2, 3, 1]) {
        await openCompute({ backend, threads });
        expect(differing(resultsOf(opCase), alone), `${threads} threads`).toEqual([]);
      }
    });
  });
};

const differenceCases: OpCase[] = [
  linearCase([5, 7, 11], ['bias', 'residual']),
  rmsNormCase(3, 19),
  swigluCase(3, 19, 1),
  embeddingCase(9, 5),
  attentionCase({ batch: 2, length: 5, heads: 4, kvHeads: 2, headDim: 6 }),
  attentionCase({ batch: 1, length: 19, heads: 1, kvHeads: 1, headDim: 2, packed: [3, 5, 11] }),
  attentionCase({ batch: 1, length: 1, heads: 2, kvHeads: 1, headDim: 4 }),
  attentionCase({ batch: 3, length: 1, heads: 2, kvHeads: 2, headDim: 2 }),
  // a key-value head each, and all queries over one
  attentionCase({ batch: 2, length: 7, heads: 3, kvHeads: 3, headDim: 4 }),
  attentionCase({ batch: 1, length: 9, heads: 5, kvHeads: 1, headDim: 6 }),
  // one token each
  linearCase([1, 7, 3], ['bias', 'residual']),
  rmsNormCase(1, 5),
  swigluCase(1, 3, 1),
  embeddingCase(1, 5),
  headCase({ rows: 1, width: 5, vocabulary: 7 }),
  headCase({ rows: 9, width: 5, vocabulary: 7, options: { temperature: 1.3 } }),
];

/** Gradients are slopes of the op itself, whatever its twin does. */
export const testDifferences = (backend: BackendName): void => {
  describe(`${backend} against finite differences`, () => {
    beforeAll(async () => {
      await openCompute({ backend, threads: 2 });
    });
    test.each(named(differenceCases))('%s', (_, opCase) => {
      const slopes = gradientsOf(opCase);
      const expected = differences(opCase, 4e-3);
      for (const [name, values] of Object.entries(expected)) {
        const stride = Math.ceil(slopes[name]!.length / values.length);
        const asked = slopes[name]!.filter((_, i) => i % stride === 0);
        expect(relativeError(asked, values), name).toBeLessThan(2e-3);
      }
    });
  });
};
