export { dequantize, quantizations } from './dequantize.ts';
export { openGguf, unpermuteRope } from './gguf.ts';
export { floatsToBrains, floatsToHalves, fromHalf, halvesToFloats, toHalf } from './half-floats.ts';
export {
  type NamedTensor,
  openSafetensors,
  openSafetensorsFolder,
  type WriteOptions,
  writeSafetensors,
} from './safetensors.ts';
export type { TensorInfo, WeightFile } from './weight-file.ts';
