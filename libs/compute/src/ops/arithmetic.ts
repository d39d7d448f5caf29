import * as tf from '@tensorflow/tfjs-core';
import { fusedKernel } from '../fused-kernel.ts';
import { gemm, packedBytes } from '../gemm.ts';

const cpuKernel = (name: string) => tf.getKernel(name, 'cpu').kernelFunc;

/** tfjs's own Add where both sides are float32 of one shape: gradients meeting on the tape. */
fusedKernel<object>({
  name: tf.Add,
  run: (backend, inputs) => {
    const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const same =
      a.dtype === 'float32' && b.dtype === 'float32' && tf.util.arraysEqual(a.shape, b.shape);
    if (!same) return cpuKernel(tf.Add)({ inputs: inputs as never, backend, attrs: {} });
    const out = backend.output(a.shape);
    const addresses = [a, b, out].map((tensor) => backend.address(tensor));
    backend.kernels.run('add', ...addresses, tf.util.sizeFromShape(a.shape));
    return out;
  },
});

type Transposes = { readonly transposeA: boolean; readonly transposeB: boolean };

/** tfjs's own BatchMatMul where the batches are equal and A and B are not both transposed. */
fusedKernel<Transposes>({
  name: tf.BatchMatMul,
  run: (backend, inputs, attributes) => {
    const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const { transposeA, transposeB } = attributes;
    const batches = (tensor: tf.TensorInfo) => tensor.shape.slice(0, -2);
    const plain = a.dtype === 'float32' && b.dtype === 'float32' && !(transposeA && transposeB);
    if (!plain || !tf.util.arraysEqual(batches(a), batches(b))) {
      return cpuKernel(tf.BatchMatMul)({
        inputs: inputs as never,
        backend,
        attrs: attributes as never,
      });
    }
    const [rows, inner] = a.shape.slice(-2) as [number, number];
    const [m, k] = transposeA ? [inner, rows] : [rows, inner];
    const n = b.shape.at(transposeB ? -2 : -1)!;
    const out = backend.output([...batches(a), m, n]);
    const [fromA, fromB, to] = [a, b, out].map((tensor) => backend.address(tensor)) as [
      number,
      number,
      number,
    ];
    const scratch = backend.kernels.scratch(packedBytes(backend.kernels, n, k));
    const layout = transposeA ? 'TN' : transposeB ? 'NT' : 'NN';
    for (let i = 0; i < tf.util.sizeFromShape(batches(a)); i++) {
      const matrices = {
        a: fromA + 4 * i * m * k,
        b: fromB + 4 * i * k * n,
        out: to + 4 * i * m * n,
      };
      gemm(backend.kernels, { layout, m, n, k, ...matrices }, scratch);
    }
    return out;
  },
});
