/** Every differentiable op in many shapes: what the twins, finite differences and thread tests all run. */
import * as tf from '@tensorflow/tfjs-core';
import { floats, integers, type Plain, type Results, tensorOf } from './numbers.test-data.ts';
import { causalAttention, type HeadShape, ropeTables } from './ops/attention.ts';
import { embedding } from './ops/embedding.ts';
import { type HeadOptions, tokenScores } from './ops/head.ts';
import { linear } from './ops/linear.ts';
import { rmsNorm } from './ops/rms-norm.ts';
import { swiglu } from './ops/swiglu.ts';

type Tensors = Readonly<Record<string, tf.Tensor>>;

export type OpCase = {
  readonly name: string;
  /** Gradients are taken of these. */
  readonly inputs: Readonly<Record<string, Plain>>;
  readonly constants?: Readonly<Record<string, Plain>>;
  readonly run: (tensors: Tensors) => readonly tf.Tensor[];
  /** d loss / d output i; default: random. */
  readonly slopes?: readonly Plain[];
};

const tensorsOf = (plain: Readonly<Record<string, Plain>>): Record<string, tf.Tensor> =>
  Object.fromEntries(Object.entries(plain).map(([name, values]) => [name, tensorOf(values)]));

const slopesOf = ({ slopes }: OpCase, outputs: readonly tf.Tensor[]): readonly Plain[] =>
  slopes ?? outputs.map(({ shape }, i) => floats(shape, 900 + i));

/** The op's outputs on the current backend. */
export const outputsOf = ({ inputs, constants = {}, run }: OpCase): Float32Array[] =>
  tf.tidy(
    () =>
      run({ ...tensorsOf(inputs), ...tensorsOf(constants) }).map((output) =>
        Float32Array.from(output.dataSync()),
      ) as never,
  );

/** loss = sum of outputs times slopes, in double precision. */
export const lossOf = (opCase: OpCase): number =>
  outputsOf(opCase).reduce((loss, output, i) => {
    const slopes = opCase.slopes?.[i] ?? floats([output.length], 900 + i);
    return output.reduce((sum, y, j) => sum + y * slopes.values[j]!, loss);
  }, 0);

/** Gradients of `lossOf` on the current backend, by input. */
export const gradientsOf = (opCase: OpCase): Results =>
  tf.tidy(() => {
    const names = Object.keys(opCase.inputs);
    const constants = tensorsOf(opCase.constants ?? {});
    const loss = (...values: tf.Tensor[]): tf.Scalar => {
      const given = Object.fromEntries(names.map((name, i) => [name, values[i]!]));
      const outputs = opCase.run({ ...given, ...constants });
      const slopes = slopesOf(opCase, outputs);
      const parts = outputs.map((output, i) => output.mul(tensorOf(slopes[i]!)).sum());
      return parts.reduce((sum, part) => sum.add(part)) as tf.Scalar;
    };
    const slopes = tf.grads(loss)(Object.values(tensorsOf(opCase.inputs)));
    return Object.fromEntries(
      names.map((name, i) => [`d ${name}`, Float32Array.from(slopes[i]!.dataSync())]),
    ) as never;
  });

/** Outputs and gradients on the current backend. */
export const resultsOf = (opCase: OpCase): Results => ({
  ...Object.fromEntries(outputsOf(opCase).map((values, i) => [`output ${i}`, values])),
  ...gradientsOf(opCase),
});

export const linearCase = (
  [rows, k, n]: readonly [rows: number, k: number, n: number],
  addends: readonly ('bias' | 'residual')[] = [],
): OpCase => ({
  name: `linear [${rows}, ${k}] to ${n}${addends.map((addend) => ` + ${addend}`).join('')}`,
  inputs: {
    x: floats([rows, k], 1),
    weight: floats([n, k], 2),
    ...(addends.includes('bias') && { bias: floats([n], 3) }),
    ...(addends.includes('residual') && { residual: floats([rows, n], 4) }),
  },
  run: ({ x, weight, ...rest }) => [linear(x as tf.Tensor2D, weight as tf.Tensor2D, rest)],
});

export const rmsNormCase = (rows: number, n: number, scale = 1): OpCase => ({
  name: `rmsNorm [${rows}, ${n}]${scale === 1 ? '' : ` times ${scale}`}`,
  inputs: { x: floats([rows, n], 5, scale), weight: floats([n], 6) },
  run: ({ x, weight }) => [rmsNorm(x as tf.Tensor2D, weight as tf.Tensor1D, 1e-5)],
});

export const swigluCase = (rows: number, n: number, scale = 2): OpCase => ({
  name: `swiglu [${rows}, ${n}]${scale === 2 ? '' : ` times ${scale}`}`,
  inputs: { gateUp: floats([rows, 2 * n], 7, scale) },
  run: ({ gateUp }) => [swiglu(gateUp as tf.Tensor2D)],
});

/** Few table rows: ids repeat. */
export const embeddingCase = (rows: number, n: number, vocabulary = 7): OpCase => ({
  name: `embedding of ${rows} ids in [${vocabulary}, ${n}]`,
  inputs: { table: floats([vocabulary, n], 8) },
  constants: { ids: integers(rows, 9, { below: vocabulary }) },
  run: ({ table, ids }) => [embedding(table as tf.Tensor2D, ids as tf.Tensor1D)],
});

type AttentionSize = HeadShape & {
  readonly batch: number;
  readonly length: number;
  /** Lengths of the sequences packed into each row; default: one. */
  readonly packed?: readonly number[];
  readonly scale?: number;
};

/** positions and first of each row of a batch whose rows hold sequences of these lengths. */
const placesOf = (lengths: readonly number[], batch: number) => {
  const starts = lengths.map((_, i) => lengths.slice(0, i).reduce((sum, n) => sum + n, 0));
  const first = lengths.flatMap((length, i) => new Array<number>(length).fill(starts[i]!));
  const repeated = Array.from({ length: batch }, () => first).flat();
  const positions = repeated.map((start, i) => (i % first.length) - start);
  const ints = (values: number[]): Plain => ({
    shape: [values.length],
    values: Int32Array.from(values),
  });
  return { positions: ints(positions), first: ints(repeated) };
};

export const attentionCase = (size: AttentionSize): OpCase => {
  const { batch, length, heads, kvHeads, headDim, packed = [length], scale = 1 } = size;
  const width = (heads + 2 * kvHeads) * headDim;
  const extra = `${packed.length > 1 ? `, packed ${packed}` : ''}${scale === 1 ? '' : ` times ${scale}`}`;
  return {
    name: `attention [${batch}, ${length}], ${heads} heads over ${kvHeads} of ${headDim}${extra}`,
    inputs: { qkv: floats([batch * length, width], 10, scale) },
    constants: placesOf(packed, batch),
    run: ({ qkv, positions, first }) => {
      const places = { batch, positions: positions as tf.Tensor1D, first: first as tf.Tensor1D };
      return [causalAttention(qkv as tf.Tensor2D, ropeTables(length, headDim, 100), places, size)];
    },
  };
};

type HeadSize = {
  readonly rows: number;
  readonly width: number;
  readonly vocabulary: number;
  readonly options?: HeadOptions;
  readonly slopes?: readonly Plain[];
  /** Outputs that the loss is of. */
  readonly of?: 'both' | 'logprobs' | 'entropies';
  readonly scale?: number;
};

/** One target in four is negative. */
export const headCase = (size: HeadSize): OpCase => {
  const { rows, width, vocabulary, options = {}, slopes, of = 'both', scale = 1 } = size;
  const hidden = { hidden: floats([rows, width], 11, scale) };
  const weight = { weight: floats([vocabulary, width], 12) };
  const targets = integers(rows, 13, { below: vocabulary });
  targets.values.forEach((_, i) => {
    if (i % 4 === 2) targets.values[i] = -1 - i;
  });
  const { temperature, frozen = false, expectedSlopes } = options;
  const words = [
    temperature && `temperature ${temperature}`,
    frozen && 'frozen',
    expectedSlopes && 'expected slopes',
    of !== 'both' && of,
  ].filter(Boolean);
  return {
    name: `tokenScores [${rows}, ${width}] in ${vocabulary} ${words.join(', ')}`.trim(),
    inputs: { ...hidden, ...(!frozen && weight) },
    constants: { targets, ...(frozen && weight) },
    ...(slopes && { slopes }),
    run: ({ hidden: h, weight: w, targets: t }) => {
      const { logprobs, entropies } = tokenScores(
        h as tf.Tensor2D,
        w as tf.Tensor2D,
        t as tf.Tensor1D,
        options,
      );
      return { both: [logprobs, entropies], logprobs: [logprobs], entropies: [entropies] }[of];
    },
  };
};
