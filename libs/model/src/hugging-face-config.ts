import { z } from 'zod';
import { llamaConfig, type ModelConfig } from './config.ts';

const ropeShape = z
  .looseObject({
    rope_type: z.string().optional(),
    type: z.string().optional(),
    rope_theta: z.number().positive().optional(),
    partial_rotary_factor: z.number().optional(),
  })
  .nullish();

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
  /** Transformers up to 4. */
  rope_scaling: ropeShape,
  /** Transformers from 5: theta too. */
  rope_parameters: ropeShape,
  partial_rotary_factor: z.number().optional(),
  rope_interleaved: z.boolean().optional(),
  rms_norm_eps: z.number().positive(),
  tie_word_embeddings: z.boolean().optional(),
  attention_bias: z.boolean().optional(),
  mlp_bias: z.boolean().optional(),
  hidden_act: z.string().optional(),
  sliding_window: z.number().int().positive().nullish(),
  use_sliding_window: z.boolean().optional(),
  max_window_layers: z.number().int().optional(),
  layer_types: z.array(z.string()).nullish(),
  quantization_config: z.unknown().optional(),
});

type Config = z.infer<typeof configShape>;

/** RoPE's base. Throws where positions are turned otherwise than by it alone. */
const ropeTheta = (config: Config, file: string): number => {
  const given = [config.rope_theta];
  for (const name of ['rope_scaling', 'rope_parameters'] as const) {
    const rope = config[name];
    if (!rope) continue;
    const { rope_type: type = rope.type ?? 'default', partial_rotary_factor: part = 1 } = rope;
    if (type !== 'default' || part !== 1)
      throw new Error(`${file}: ${name} is ${JSON.stringify(rope)}; only default is supported`);
    given.push(rope.rope_theta);
  }
  const thetas = new Set(given.filter((theta) => theta !== undefined));
  if (thetas.size > 1)
    throw new Error(`${file}: rope_theta is given as ${[...thetas].join(' and ')}`);
  return [...thetas][0] ?? 10_000;
};

/** Transformers' defaults, which stand where config.json is silent. */
const defaultWindow = 4096;
const defaultWindowLayers = 28;

/** The number of tokens that some layer looks back at most, or null where none is limited. */
const windowOf = (config: Config): number | null => {
  const { model_type: type, sliding_window: window = defaultWindow, layer_types: kinds } = config;
  if (kinds?.every((kind) => kind === 'full_attention')) return null;
  if (kinds) return window ?? defaultWindow;
  switch (type) {
    case 'llama':
      return config.sliding_window ?? null;
    case 'mistral':
      return window;
    case 'qwen2': {
      const { max_window_layers: full = defaultWindowLayers, num_hidden_layers: layers } = config;
      return config.use_sliding_window && full < layers ? window : null;
    }
  }
};

/** Settings that change what the network computes and that ours does not have. */
const unsupported = (config: Config): string[] => {
  const { hidden_act: activation = 'silu', partial_rotary_factor: part = 1 } = config;
  const window = windowOf(config);
  const positions = config.max_position_embeddings;
  const biased = config.model_type !== 'qwen2' && config.attention_bias;
  return [
    ...(activation === 'silu' ? [] : [`hidden_act is ${activation}; silu (SwiGLU) is supported`]),
    ...(config.mlp_bias ? ['mlp_bias is set'] : []),
    ...(biased ? ['attention_bias is set: the output projection would have a bias'] : []),
    ...(part === 1 ? [] : [`partial_rotary_factor is ${part}`]),
    ...(config.rope_interleaved ? ['rope_interleaved is set'] : []),
    ...(window !== null && window < positions
      ? [`layers see ${window} tokens back (sliding_window) of ${positions} positions`]
      : []),
    ...(config.quantization_config ? ['quantization_config is set: the weights are packed'] : []),
  ];
};

/** Reads a config.json of a Llama, Mistral or Qwen2 model. Throws with the field that does not fit. */
export const parseConfig = (text: string, file: string): ModelConfig => {
  const parsed = configShape.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`${file}: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const config = parsed.data;
  const [obstacle] = unsupported(config);
  if (obstacle) throw new Error(`${file}: ${obstacle}; it is not supported`);
  return llamaConfig({
    vocabulary: config.vocab_size,
    width: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    kvHeads: config.num_key_value_heads ?? config.num_attention_heads,
    headDim: config.head_dim ?? config.hidden_size / config.num_attention_heads,
    ffn: config.intermediate_size,
    positions: config.max_position_embeddings,
    ropeTheta: ropeTheta(config, file),
    normEpsilon: config.rms_norm_eps,
    tied: config.tie_word_embeddings ?? false,
    qkvBias: config.model_type === 'qwen2',
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
