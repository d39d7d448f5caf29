import type { ModelConfig } from './config.ts';
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

/** Values that older checkpoints carry and that follow from config.json; Transformers ignores them too. */
const derived = /^model\.(layers\.\d+\.self_attn\.)?rotary_emb\.(inv_freq|cos_cached|sin_cached)$/;

/** Throws where a checkpoint lacks a tensor that the model has, or holds one that no part of the model would read. */
export const assertTensors = (
  source: string,
  held: Iterable<string>,
  wanted: readonly string[],
  ignored: (name: string) => boolean = (name) => derived.test(name),
): void => {
  const names = new Set(held);
  const missing = wanted.find((name) => !names.has(name));
  if (missing !== undefined)
    throw new Error(`${source} has no tensor ${missing}, which the model's settings ask for`);
  const known = new Set(wanted);
  const surplus = [...names].filter((name) => !known.has(name) && !ignored(name));
  if (surplus.length === 0) return;
  const shown = surplus.slice(0, 3).join(', ');
  throw new Error(
    `${source} has ${surplus.length} tensors that this model has no place for (${shown}${surplus.length > 3 ? ', ...' : ''}): it is another network than its settings say, or one that is not supported`,
  );
};
