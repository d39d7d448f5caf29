import * as tf from '@tensorflow/tfjs-core';
import { assertSizes } from '../assert-sizes.ts';
import { type CoaBackend, fusedBackend } from '../backend.ts';
import { fusedKernel, type Inputs } from '../fused-kernel.ts';
import { assertRope, type HeadShape, type RopeTables, rotatePlain } from './attention.ts';

/** Positions that a page of the cache holds. */
export const pageSize = 16;

/** Keys (turned) and values of one layer, in pages; sequences share pages through their page tables. */
export type KvPages = { readonly keys: tf.Variable; readonly values: tf.Variable };

/** Which sequence and position each row of a batch is, and the pages of each sequence. */
export type PagedRows = {
  /** int32 [R]: position in its sequence; the row sees positions 0 to this one. */
  readonly positions: tf.Tensor1D;
  /** int32 [R]: row of `tables`. */
  readonly sequences: tf.Tensor1D;
  /** int32 [S, P]: page numbers of each sequence, in order. */
  readonly tables: tf.Tensor2D;
  /** The greatest position of the batch. */
  readonly last: number;
};

/** Room for `pages` pages; not cleared. */
export const openKvPages = (pages: number, { kvHeads, headDim }: HeadShape): KvPages => {
  const backend = fusedBackend();
  const make = (): tf.Variable => {
    const shape: [number, number] = [pages * pageSize, kvHeads * headDim];
    const tensor = backend
      ? tf.engine().makeTensorFromTensorInfo(backend.output(shape))
      : tf.zeros(shape);
    const variable = tf.variable(tensor, false);
    tensor.dispose();
    return variable;
  };
  return { keys: make(), values: make() };
};

const runPaged = (
  backend: CoaBackend,
  operation: 'pageWrite' | 'pagedAttention',
  inputs: Inputs,
  out: number,
  shape: HeadShape & { readonly writes: boolean },
): void => {
  const { heads, kvHeads, headDim, writes } = shape;
  const { qkv, cosines, sines, positions, sequences, tables, keys, values } = inputs;
  const tableSize = tables!.shape[1]!;
  const tensors = [qkv, cosines, sines, positions, sequences, tables, keys, values];
  const addresses = tensors.map((tensor) => backend.address(tensor!));
  const floats = 5 * headDim + (tableSize + 4) * pageSize;
  const scratch = backend.kernels.scratch(4 * floats * backend.kernels.threads());
  const sizes = [
    tableSize,
    qkv!.shape[0]!,
    heads,
    kvHeads,
    headDim,
    1 / Math.sqrt(headDim),
    floats,
    Number(writes),
  ];
  backend.kernels.run(operation, ...addresses, out, scratch, ...sizes);
};

const areDistinct = (values: ArrayLike<number>): boolean =>
  new Set(Array.from(values)).size === values.length;

/** Writes the rows' keys and values into their pages, then attends: [R, heads * headDim]. */
const kernel = fusedKernel<HeadShape>({
  name: 'CoaPagedAttention',
  run: (backend, inputs, shape) => {
    const output = backend.output([inputs.qkv!.shape[0]!, shape.heads * shape.headDim]);
    // rows of one sequence see each other's keys: then all are written before any attends
    const writes = areDistinct(backend.readSync(inputs.sequences!.dataId));
    if (!writes) runPaged(backend, 'pageWrite', inputs, 0, { ...shape, writes });
    runPaged(backend, 'pagedAttention', inputs, backend.address(output), { ...shape, writes });
    return output;
  },
});

/** Index in the cache of position p of each row's sequence: [R, count]. */
const slotsOf = ({ sequences, tables }: PagedRows, positions: tf.Tensor2D): tf.Tensor2D => {
  const page = tf.gatherND(
    tables,
    tf.stack(
      [
        tf.tile(sequences.expandDims(1), [1, positions.shape[1]]),
        tf.floorDiv(positions, tf.scalar(pageSize, 'int32')),
      ],
      -1,
    ),
  );
  return page
    .mul(tf.scalar(pageSize, 'int32'))
    .add(positions.mod(tf.scalar(pageSize, 'int32'))) as tf.Tensor2D;
};

const plainPaged = (
  qkv: tf.Tensor2D,
  rope: RopeTables,
  pages: KvPages,
  rows: PagedRows,
  shape: HeadShape,
): tf.Tensor2D => {
  const { heads, kvHeads, headDim } = shape;
  const [count] = qkv.shape;
  const parts = tf.split(qkv, [heads * headDim, kvHeads * headDim, kvHeads * headDim], 1);
  const turn = (table: tf.Tensor2D) =>
    tf.gather(table, rows.positions).reshape([1, count, 1, headDim / 2]);
  const turned = (x: tf.Tensor, many: number) =>
    rotatePlain(x.reshape([1, count, many, headDim]), turn(rope.cosines), turn(rope.sines));
  const slots = slotsOf(rows, rows.positions.expandDims(1)) as tf.Tensor;
  const write = (to: tf.Variable, what: tf.Tensor) =>
    to.assign(tf.tensorScatterUpdate(to, slots, what.reshape([count, kvHeads * headDim])));
  write(pages.keys, turned(parts[1]!, kvHeads));
  write(pages.values, parts[2]!);
  const all = tf.tile(tf.range(0, rows.last + 1, 1, 'int32').expandDims(0), [
    count,
    1,
  ]) as tf.Tensor2D;
  const seen = all.lessEqual(rows.positions.expandDims(1));
  const held = slotsOf(rows, tf.minimum(all, rows.positions.expandDims(1)));
  const spread = (from: tf.Variable) =>
    tf
      .tile(tf.gather(from, held).reshape([count, rows.last + 1, kvHeads, 1, headDim]), [
        1,
        1,
        1,
        heads / kvHeads,
        1,
      ])
      .reshape([count, rows.last + 1, heads, headDim])
      .transpose([0, 2, 1, 3]);
  const q = turned(parts[0]!, heads).reshape([count, heads, 1, headDim]);
  const scores = tf.matMul(q, spread(pages.keys), false, true).mul(1 / Math.sqrt(headDim));
  const mask = tf
    .sub(1, seen.cast('float32'))
    .mul(-1e9)
    .reshape([count, 1, 1, rows.last + 1]);
  return tf
    .matMul(tf.softmax(scores.add(mask)), spread(pages.values))
    .reshape([count, heads * headDim]);
};

const assertPaged = (
  qkv: tf.Tensor2D,
  rope: RopeTables,
  { positions, sequences, tables, last }: PagedRows,
  { heads, kvHeads, headDim }: HeadShape,
): void => {
  const [rows] = qkv.shape;
  assertSizes('pagedAttention: qkv', qkv, [rows, (heads + 2 * kvHeads) * headDim]);
  assertSizes('pagedAttention: positions', positions, [rows]);
  assertSizes('pagedAttention: sequences', sequences, [rows]);
  assertRope(rope, headDim);
  const most = Math.min(tables.shape[1] * pageSize, rope.cosines.shape[0]);
  if (last >= most)
    throw new RangeError(
      `pagedAttention: position ${last} is past the ${most} that tables and RoPE have room for`,
    );
};

/**
 * Attention over a paged KV cache: writes each row's key and value to its page, then attends to all positions up to its
 * own. Not differentiable. A row's result does not depend on the other rows, nor on how its context was cut into calls.
 * @param qkv [R, (heads + 2 kvHeads) headDim], not yet turned
 * @returns [R, heads * headDim]
 */
export const pagedAttention = (
  qkv: tf.Tensor2D,
  rope: RopeTables,
  pages: KvPages,
  rows: PagedRows,
  shape: HeadShape,
): tf.Tensor2D => {
  assertPaged(qkv, rope, rows, shape);
  if (!fusedBackend()) return tf.tidy(() => plainPaged(qkv, rope, pages, rows, shape));
  const { positions, sequences, tables } = rows;
  return kernel.call(
    { qkv, ...rope, positions, sequences, tables, ...pages },
    shape,
  )[0] as tf.Tensor2D;
};

const copyRows = (variable: tf.Variable, from: number, to: number): void =>
  tf.tidy(() => {
    const width = variable.shape[1]!;
    const page = variable.slice([from * pageSize, 0], [pageSize, width]);
    const target = tf.range(to * pageSize, (to + 1) * pageSize, 1, 'int32').expandDims(1);
    variable.assign(tf.tensorScatterUpdate(variable, target, page));
  });

/** Copies one page of a layer onto another: a sequence that goes on from a shared, half-full page gets its own. */
export const copyPage = (pages: KvPages, from: number, to: number): void => {
  const backend = fusedBackend();
  for (const variable of [pages.keys, pages.values]) {
    if (!backend) {
      copyRows(variable, from, to);
      continue;
    }
    const values = backend.liveValues(variable);
    const size = pageSize * variable.shape[1]!;
    values.copyWithin(to * size, from * size, (from + 1) * size);
  }
};
