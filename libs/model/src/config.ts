/** A decoder of the Llama / Qwen2 shape: RMSNorm, RoPE, SwiGLU, grouped-query attention. */
export type ModelConfig = {
  readonly vocabulary: number;
  /** Width of the residual stream. */
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Key-value heads; divides `heads`. */
  readonly kvHeads: number;
  /** Width of a head; even. */
  readonly headDim: number;
  /** Width between gate|up and down. */
  readonly ffn: number;
  /** Most positions of a sequence. */
  readonly positions: number;
  readonly ropeTheta: number;
  readonly normEpsilon: number;
  /** The head is the embedding. */
  readonly tied: boolean;
  /** Queries, keys and values have a bias (Qwen2). */
  readonly qkvBias: boolean;
};

const whole = [
  'vocabulary',
  'width',
  'layers',
  'heads',
  'kvHeads',
  'headDim',
  'ffn',
  'positions',
] as const;

/** Throws where the sizes do not make a model. */
export const assertConfig = (config: ModelConfig): void => {
  for (const name of whole) {
    const value = config[name];
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new RangeError(`${name} is ${value}; it must be a whole number of at least 1`);
    }
  }
  const { heads, kvHeads, headDim } = config;
  if (heads % kvHeads !== 0)
    throw new RangeError(`${heads} heads do not share ${kvHeads} key-value heads evenly`);
  if (headDim % 2 !== 0)
    throw new RangeError(`headDim is ${headDim}; RoPE turns pairs, so it must be even`);
  if (!(config.ropeTheta > 0) || !(config.normEpsilon > 0)) {
    throw new RangeError(
      `ropeTheta ${config.ropeTheta} and normEpsilon ${config.normEpsilon} must be positive`,
    );
  }
};

/** Llama's defaults around the sizes that differ. */
export const llamaConfig = (
  sizes: Pick<ModelConfig, 'vocabulary' | 'width' | 'layers' | 'heads' | 'ffn'> &
    Partial<ModelConfig>,
): ModelConfig => {
  const config = {
    kvHeads: sizes.heads,
    headDim: sizes.width / sizes.heads,
    positions: 2048,
    ropeTheta: 10_000,
    normEpsilon: 1e-5,
    tied: true,
    qkvBias: false,
    ...sizes,
  };
  assertConfig(config);
  return config;
};

/** From a nano of about 1M parameters (by vocabulary) to the shape of SmolLM2-135M. */
export const modelSizes = {
  nano: { width: 128, layers: 4, heads: 4, ffn: 512 },
  micro: { width: 256, layers: 6, heads: 8, ffn: 1024 },
  '135m': { width: 576, layers: 30, heads: 9, kvHeads: 3, ffn: 1536 },
} as const;

/** Columns of the fused query|key|value projection. */
export const qkvWidth = ({ heads, kvHeads, headDim }: ModelConfig): number =>
  (heads + 2 * kvHeads) * headDim;
