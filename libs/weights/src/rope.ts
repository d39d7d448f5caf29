/**
 * Undoes the order that llama.cpp's converter (`LlamaModel.permute` in convert_hf_to_gguf.py) gives the rows of q and k
 * of the llama architecture: from neighbours that turn together (2i, 2i + 1) back to Hugging Face's halves
 * (i, i + headDim / 2).
 * @param values [heads * headDim, columns]; the heads of k are the key-value heads
 */
export const unpermuteRope = (
  values: Float32Array,
  {
    heads,
    headDim,
    columns,
  }: { readonly heads: number; readonly headDim: number; readonly columns: number },
): Float32Array => {
  if (values.length !== heads * headDim * columns || headDim % 2 !== 0) {
    throw new RangeError(
      `${values.length} values are not ${heads} heads of ${headDim} rows (an even number) of ${columns}`,
    );
  }
  const out = new Float32Array(values.length);
  const half = headDim / 2;
  for (let row = 0; row < heads * headDim; row++) {
    const within = row % headDim;
    const from = row - within + 2 * (within % half) + Math.floor(within / half);
    out.set(values.subarray(from * columns, (from + 1) * columns), row * columns);
  }
  return out;
};
