import { openGguf, unpermuteRope, type WeightFile } from '@coa/weights';
import { z } from 'zod';
import { llamaConfig, type ModelConfig } from './config.ts';
import { assertTensors, huggingFaceParts, joinParts, type NamedPart } from './hugging-face.ts';
import { type Model, modelOf } from './model.ts';
import { parametersFrom } from './parameters.ts';

const architectures = ['llama', 'qwen2'] as const;
const whole = z.coerce.number().int().positive();

/** Settings that change what the network computes, and the values at which they change nothing. */
const neutral: Readonly<Record<string, readonly number[]>> = {
  'rope.scaling.factor': [0, 1],
  'rope.scale_linear': [0, 1],
  'rope.scaling.attn_factor': [1],
  'attention.scale': [0],
  'attention.clamp_kqv': [0],
  expert_count: [0],
  logit_scale: [0, 1],
  residual_scale: [0, 1],
  embedding_scale: [0, 1],
};

/** Throws where the file asks for a network that ours is not, e.g. with scaled positions or a window. */
const assertSettings = (
  { metadata }: Pick<WeightFile, 'metadata'>,
  arch: string,
  { headDim, positions }: ModelConfig,
  file: string,
): void => {
  const refuse = (name: string, why = 'it is not supported'): never => {
    throw new Error(`${file}: ${arch}.${name} is ${String(metadata[`${arch}.${name}`])}; ${why}`);
  };
  const value = (name: string): unknown => metadata[`${arch}.${name}`];
  const type = value('rope.scaling.type');
  // llama.cpp scales linearly unless another type is named
  if (type !== undefined && type !== 'none' && type !== 'linear') refuse('rope.scaling.type');
  for (const [name, harmless] of Object.entries(neutral)) {
    const unscaled = type === 'none' && name.startsWith('rope.scal');
    if (value(name) !== undefined && !harmless.includes(Number(value(name))) && !unscaled)
      refuse(name);
  }
  for (const name of ['rope.dimension_count', 'attention.value_length'])
    if (Number(value(name) ?? headDim) !== headDim) refuse(name, `heads have ${headDim}`);
  const window = Number(value('attention.sliding_window') ?? 0);
  if (window > 0 && window < positions)
    refuse('attention.sliding_window', `fewer than the ${positions} positions`);
};

const configOf = (
  { metadata, tensors }: WeightFile,
  file: string,
): { readonly config: ModelConfig; readonly permuted: boolean } => {
  const architecture = z.enum(architectures).safeParse(metadata['general.architecture']);
  if (!architecture.success) {
    throw new Error(
      `${file}: the architecture is ${String(metadata['general.architecture'])}; ${architectures.join(' and ')} are supported`,
    );
  }
  const arch = architecture.data;
  const field = <T>(name: string, shape: z.ZodType<T>, fallback?: T): T => {
    const parsed = shape.safeParse(metadata[`${arch}.${name}`] ?? fallback);
    if (parsed.success) return parsed.data;
    throw new Error(
      `${file}: ${arch}.${name} is ${String(metadata[`${arch}.${name}`])}: ${parsed.error.issues[0]?.message}`,
    );
  };
  const heads = field('attention.head_count', whole);
  const width = field('embedding_length', whole);
  const vocabulary = tensors.get('token_embd.weight')?.shape[0];
  if (vocabulary === undefined) throw new Error(`${file} has no tensor token_embd.weight`);
  const config = llamaConfig({
    vocabulary,
    width,
    heads,
    layers: field('block_count', whole),
    kvHeads: field('attention.head_count_kv', whole, heads),
    headDim: field('attention.key_length', whole, width / heads),
    ffn: field('feed_forward_length', whole),
    positions: field('context_length', whole),
    ropeTheta: field('rope.freq_base', z.coerce.number().positive(), 10_000),
    normEpsilon: field('attention.layer_norm_rms_epsilon', z.coerce.number().positive()),
    tied: !tensors.has('output.weight'),
    qkvBias: tensors.has('blk.0.attn_q.bias'),
  });
  assertSettings({ metadata }, arch, config, file);
  return { config, permuted: arch === 'llama' };
};

const ropeFrequencies = 'rope_freqs.weight';

/** Llama 3.1 and later scale RoPE by factors in a tensor; factors of 1 change nothing. */
const assertNoFactors = (weights: WeightFile, file: string): void => {
  if (!weights.tensors.has(ropeFrequencies)) return;
  if (weights.read(ropeFrequencies).every((factor) => factor === 1)) return;
  throw new Error(
    `${file} scales RoPE (${ropeFrequencies}), as Llama 3.1 does; it is not supported`,
  );
};

const partNames: Record<string, string> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};

/** llama.cpp's name of a tensor that Hugging Face names so. */
export const ggufName = (name: string): string => {
  if (name === 'model.embed_tokens.weight') return 'token_embd.weight';
  if (name === 'model.norm.weight') return 'output_norm.weight';
  if (name === 'lm_head.weight') return 'output.weight';
  const [, layer, part, kind] = /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? [];
  const own = partNames[part ?? ''];
  if (own === undefined) throw new Error(`there is no GGUF name for ${name}`);
  return `blk.${layer}.${own}.${kind}`;
};

/** Values of one part; llama.cpp interleaves the rows of q and k of the llama architecture, ours keep the halves apart. */
const readPart = (
  weights: WeightFile,
  config: ModelConfig,
  permuted: boolean,
  { name }: NamedPart,
): Float32Array => {
  const values = weights.read(ggufName(name));
  const turned = /self_attn\.([qk])_proj\.weight$/.exec(name)?.[1];
  if (!permuted || turned === undefined) return values;
  const { heads, kvHeads, headDim, width } = config;
  return unpermuteRope(values, {
    heads: turned === 'q' ? heads : kvHeads,
    headDim,
    columns: width,
  });
};

/**
 * Opens a GGUF model of the Llama or Qwen2 family, dequantised to float32. Throws where the file holds a setting or a
 * tensor that the network would leave out.
 */
export const loadGguf = async (
  file: string,
): Promise<{ readonly model: Model; readonly metadata: Readonly<Record<string, unknown>> }> => {
  const weights = await openGguf(file);
  try {
    const { config, permuted } = configOf(weights, file);
    assertNoFactors(weights, file);
    const wanted = huggingFaceParts(config).map(({ name }) => ggufName(name));
    assertTensors(file, weights.tensors.keys(), wanted, (name) => name === ropeFrequencies);
    const read = (part: NamedPart) => readPart(weights, config, permuted, part);
    const model = modelOf(
      config,
      parametersFrom(config, (name) => joinParts(config, name, read)),
    );
    return { model, metadata: weights.metadata };
  } finally {
    weights.close();
  }
};
