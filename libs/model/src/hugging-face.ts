import { z } from 'zod';
import { llamaConfig, type ModelConfig } from './config.ts';
import { parameterShapes } from './parameters.ts';

/** Rows `from` to `to` of one of our parameters, by the name that Hugging Face gives them. */
export type NamedPart = {
  readonly name: string;
  readonly parameter: string;
  readonly from: number;
  readonly to: number;
};

const layerParts = (config: ModelConfig, layer: number): NamedPart[] => {
  const { heads, kvHeads, headDim, ffn, width, qkvBias } = config;
  const [q, kv] = [heads * headDim, kvHeads * headDim];
  const part = (name: string, parameter: string, from: number, to: number): NamedPart => ({
    name: `model.layers.${layer}.${name}`,
    parameter: `layers.${layer}.${parameter}`,
    from,
    to,
  });
  const projections = (kind: 'weight' | 'bias', parameter: string): NamedPart[] => [
    part(`self_attn.q_proj.${kind}`, parameter, 0, q),
    part(`self_attn.k_proj.${kind}`, parameter, q, q + kv),
    part(`self_attn.v_proj.${kind}`, parameter, q + kv, q + 2 * kv),
  ];
  return [
    part('input_layernorm.weight', 'attentionNorm', 0, width),
    ...projections('weight', 'qkv'),
    ...(qkvBias ? projections('bias', 'qkvBias') : []),
    part('self_attn.o_proj.weight', 'output', 0, width),
    part('post_attention_layernorm.weight', 'mlpNorm', 0, width),
    part('mlp.gate_proj.weight', 'gateUp', 0, ffn),
    part('mlp.up_proj.weight', 'gateUp', ffn, 2 * ffn),
    part('mlp.down_proj.weight', 'down', 0, width),
  ];
};

/** Every tensor of a Hugging Face checkpoint of this shape, and where it lies in our fused parameters. */
export const huggingFaceParts = (config: ModelConfig): NamedPart[] => [
  { name: 'model.embed_tokens.weight', parameter: 'embedding', from: 0, to: config.vocabulary },
  ...Array.from({ length: config.layers }, (_, layer) => layerParts(config, layer)).flat(),
  { name: 'model.norm.weight', parameter: 'norm', from: 0, to: config.width },
  ...(config.tied
    ? []
    : [{ name: 'lm_head.weight', parameter: 'head', from: 0, to: config.vocabulary }]),
];

/** Floats in one row of a parameter. */
export const rowSize = (shape: readonly number[]): number =>
  shape.slice(1).reduce((product, size) => product * size, 1);

/** Our parameter's values put together from its named parts. */
export const joinParts = (
  config: ModelConfig,
  parameter: string,
  read: (part: NamedPart) => Float32Array,
): Float32Array => {
  const shape = parameterShapes(config).get(parameter)!;
  const values = new Float32Array(shape[0]! * rowSize(shape));
  for (const part of huggingFaceParts(config).filter((one) => one.parameter === parameter)) {
    const own = read(part);
    const wanted = (part.to - part.from) * rowSize(shape);
    if (own.length !== wanted)
      throw new Error(`${part.name} has ${own.length} values; the model's shape needs ${wanted}`);
    values.set(own, part.from * rowSize(shape));
  }
  return values;
};

const configShape = z.object({
  model_type: z.enum(['llama', 'qwen2', 'mistral']),
  vocab_size: z.number().int().positive(),
  hidden_size: z.number().int().positive(),
  num_hidden_layers: z.number().int().positive(),
  num_attention_heads: z.number().int().positive(),
  num_key_value_heads: z.number().int().positive().optional(),
  head_dim: z.number().int().positive().nullish(),
  intermediate_size: z.number().int().positive(),
  max_position_embeddings: z.number().int().positive(),
  rope_theta: z.number().positive().optional(),
  rope_scaling: z.unknown().optional(),
  rms_norm_eps: z.number().positive(),
  tie_word_embeddings: z.boolean().optional(),
  attention_bias: z.boolean().optional(),
  mlp_bias: z.boolean().optional(),
  hidden_act: z.string().optional(),
});

const assertSupported = (config: z.infer<typeof configShape>, file: string): void => {
  const { hidden_act: activation = 'silu', rope_scaling: scaling, mlp_bias: mlpBias } = config;
  if (activation !== 'silu')
    throw new Error(`${file}: hidden_act is ${activation}; only silu (SwiGLU) is supported`);
  if (scaling !== undefined && scaling !== null)
    throw new Error(
      `${file}: rope_scaling is set (${JSON.stringify(scaling)}); it is not supported`,
    );
  if (mlpBias) throw new Error(`${file}: mlp_bias is set; it is not supported`);
};

/** Reads a config.json of a Llama, Mistral or Qwen2 model. Throws with the field that does not fit. */
export const parseConfig = (text: string, file: string): ModelConfig => {
  const parsed = configShape.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${file}: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const config = parsed.data;
  assertSupported(config, file);
  return llamaConfig({
    vocabulary: config.vocab_size,
    width: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    kvHeads: config.num_key_value_heads ?? config.num_attention_heads,
    headDim: config.head_dim ?? config.hidden_size / config.num_attention_heads,
    ffn: config.intermediate_size,
    positions: config.max_position_embeddings,
    ropeTheta: config.rope_theta ?? 10_000,
    normEpsilon: config.rms_norm_eps,
    tied: config.tie_word_embeddings ?? false,
    qkvBias: config.attention_bias ?? config.model_type === 'qwen2',
  });
};

/** The config.json of a model, as Transformers reads it. */
export const renderConfig = (config: ModelConfig): string =>
  `${JSON.stringify(
    {
      architectures: [config.qkvBias ? 'Qwen2ForCausalLM' : 'LlamaForCausalLM'],
      model_type: config.qkvBias ? 'qwen2' : 'llama',
      vocab_size: config.vocabulary,
      hidden_size: config.width,
      num_hidden_layers: config.layers,
      num_attention_heads: config.heads,
      num_key_value_heads: config.kvHeads,
      head_dim: config.headDim,
      intermediate_size: config.ffn,
      max_position_embeddings: config.positions,
      rope_theta: config.ropeTheta,
      rms_norm_eps: config.normEpsilon,
      tie_word_embeddings: config.tied,
      attention_bias: config.qkvBias,
      hidden_act: 'silu',
      torch_dtype: 'float32',
    },
    null,
    2,
  )}\n`;
