import * as tf from '@tensorflow/tfjs-core';
import { fusedBackend } from '../backend.ts';
import { fusedGradient, fusedKernel } from '../fused-kernel.ts';

type Attributes = { readonly rows: number };

const forward = fusedKernel<Attributes>({
  name: 'CoaEmbedding',
  run: (backend, { table, ids }) => {
    const [rows, n] = [ids!.shape[0]!, table!.shape[1]!];
    const y = backend.output([rows, n]);
    const addresses = [table!, ids!, y].map((tensor) => backend.address(tensor));
    backend.kernels.run('embed', ...addresses, rows, n);
    return y;
  },
});

const backward = fusedKernel<Attributes>({
  name: 'CoaEmbeddingBackward',
  run: (backend, { dy, ids }, { rows: tableRows }) => {
    const [rows, n] = dy!.shape as [number, number];
    const slope = backend.output([tableRows, n]);
    const to = backend.address(slope);
    backend.kernels.run('zero', to, tableRows * n);
    backend.kernels.run('embedBackward', backend.address(dy!), backend.address(ids!), to, rows, n);
    return slope;
  },
});

fusedGradient<Attributes>(forward.name, {
  save: ['ids'],
  slopes: ([dy], [ids], { rows }) => ({
    table: () => backward.call({ dy: dy!, ids: ids! }, { rows })[0]!,
  }),
});

/** Throws where an id is not a row of the table: the kernel would read past its end. */
const assertIds = (ids: tf.Tensor1D, rows: number): void => {
  const values = ids.dataSync();
  for (let i = 0; i < values.length; i++) {
    const id = values[i]!;
    if (id < 0 || id >= rows)
      throw new RangeError(`id ${id} at ${i} is not a row of a table of ${rows}`);
  }
};

/**
 * Rows of a table; the gradient is added up where an id comes twice.
 * @param table [V, n]
 * @param ids int32 [R], each in [0, V)
 * @returns [R, n]
 */
export const embedding = (table: tf.Tensor2D, ids: tf.Tensor1D): tf.Tensor2D => {
  if (!fusedBackend()) return tf.gather(table, ids);
  assertIds(ids, table.shape[0]);
  return forward.call({ table, ids }, { rows: table.shape[0] })[0] as tf.Tensor2D;
};
