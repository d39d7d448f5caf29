/** The nouns of the lab: plain, readonly data. Two views of one attempt: `Trajectory` is meaning, `TokenSequence` is bytes. */

/** One passage of the retrieval corpus. */
export type Passage = { readonly id: string; readonly title: string; readonly text: string };

/** A gold passage of a question; `passageId` is absent where only the title is known. */
export type Support = { readonly title: string; readonly passageId?: string };

/** One edge of a question's reasoning graph: a fact, and the passages that state it. */
export type Evidence = {
  readonly subject: string;
  readonly relation: string;
  readonly object: string;
  readonly passageIds: readonly string[];
};

export type Question = {
  readonly id: string;
  /** The question set, e.g. `hotpotqa`; decides the scoring rule. */
  readonly dataset: string;
  readonly split: string;
  readonly text: string;
  /** Accepted answers, the canonical one first; never empty. */
  readonly golds: readonly string[];
  readonly supporting: readonly Support[];
  /** Every supporting passage is known and in the corpus: gold recall is defined only then. */
  readonly supportComplete: boolean;
  readonly type: string | null;
  readonly hops: number | null;
  /** The reasoning graph, in the order in which its facts are needed; absent where none is published. */
  readonly evidence?: readonly Evidence[];
  /** Whether the base model read about its entities in pretraining; absent where nobody can say. */
  readonly known?: boolean;
};

/** A tool call: which tool, and its input. */
export type Action = { readonly tool: string; readonly input: string };

/** Why an observation holds no result: the call limit was reached, the tool failed, or no such tool exists. */
export type ObservationFailure = 'limit' | 'failed' | 'unknown-tool';

export type Observation = {
  readonly text: string;
  /** Ids of the passages shown, best first; empty where the tool returns none. */
  readonly passageIds: readonly string[];
  readonly failure: ObservationFailure | null;
};

/** An environment writes `observation`; the policy writes the rest. */
export type Step =
  | { readonly kind: 'think'; readonly text: string }
  | ({ readonly kind: 'action' } & Action)
  | ({ readonly kind: 'observation' } & Observation)
  | { readonly kind: 'answer'; readonly text: string };

/**
 * answered: the policy answered by itself. Otherwise the answer, if any, was forced. horizon: T action steps were
 * used up. context: N context tokens would have been exceeded. length: a turn ended (token budget or end-of-turn
 * token) without an action or an answer. malformed: the text broke the protocol so that it can hold no valid
 * answer (e.g. a search after `</think>`).
 */
export type StopReason = 'answered' | 'horizon' | 'context' | 'length' | 'malformed';

export type Trajectory = {
  readonly question: Question;
  /** Protocol name and version, e.g. `coa@1`. */
  readonly protocol: string;
  readonly steps: readonly Step[];
  readonly stop: StopReason;
};

/** Per-token view of a rollout; all arrays have one entry per token (length L). */
export type TokenSequence = {
  /** Token ids exactly as sampled or encoded once; never re-tokenised. */
  readonly ids: Int32Array;
  /** 1 = given, not sampled: the prompt, and text the loop inserts to force an answer. */
  readonly promptMask: Uint8Array;
  /** 1 = the token lies in an observation, whoever wrote it. */
  readonly observationMask: Uint8Array;
  /** Natural-log probability at sampling, under temperature and top-p; NaN where not sampled or not reported. */
  readonly logprobs: Float32Array;
};

/** Token totals of one rollout, counted by the engine that served it. */
export type Usage = {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly requests: number;
};

export type Rollout = {
  readonly trajectory: Trajectory;
  /** null where the engine does not expose token ids (some chat servers). */
  readonly tokens: TokenSequence | null;
  readonly usage: Usage;
};

/** A chat prompt, and the first characters of the assistant's turn. */
export type Prompt = {
  readonly system: string;
  /** Worked examples as earlier turns; empty for zero-shot. */
  readonly examples: readonly { readonly user: string; readonly assistant: string }[];
  readonly user: string;
  readonly assistantPrefix: string;
};

/** Text on its way into a context. markup: a protocol wrote it, its tags become special tokens where the policy has them; content: untrusted, encoded without them. */
export type Written = { readonly kind: 'markup' | 'content'; readonly text: string };

/** A stretch of the assistant's turn. policy: sampled; observation: written by an environment; forced: inserted by the loop. */
export type Segment = {
  readonly source: 'policy' | 'observation' | 'forced';
  readonly text: string;
  /** null where the engine does not expose token ids. */
  readonly ids: Int32Array | null;
  /** One entry per id; null where not sampled or not reported. */
  readonly logprobs: Float32Array | null;
};

/** What a policy continues: a prompt and the segments after it. */
export type Context = { readonly prompt: Prompt; readonly segments: readonly Segment[] };

export type SamplingOptions = {
  readonly maxTokens: number;
  /** 0 = greedy. */
  readonly temperature: number;
  /** In (0, 1]; 1 = off. */
  readonly topP: number;
  /** Unsigned 32-bit. The same request and seed give the same tokens, whatever runs beside it. */
  readonly seed: number;
  /** Generation ends right after the first of these strings; they may span tokens. */
  readonly stop: readonly string[];
};

export type GenerateRequest = { readonly context: Context; readonly options: SamplingOptions };

export type Generation = {
  /** Decoded text, up to and including the stop string where one was met. */
  readonly text: string;
  /** Ids as sampled (the end-of-turn token excluded); null where the engine does not expose them. */
  readonly ids: Int32Array | null;
  readonly logprobs: Float32Array | null;
  /** stop: a stop string; end: the model's end-of-turn token; length: `maxTokens` or the context ran out. */
  readonly finish: 'stop' | 'end' | 'length';
  readonly usage: { readonly promptTokens: number; readonly completionTokens: number };
};

/** What maps a context to the next tokens. */
export type Policy = {
  readonly name: string;
  /** Identifies weights and formatting: hash of the model file, or server and model name. Stored in the manifest. */
  readonly fingerprint: string;
  /** Most tokens of context and continuation together. */
  readonly contextLimit: number;
  /** How many requests it serves at once; the runner's default concurrency. */
  readonly concurrency: number;
  /** Ids of the formatted prompt, special tokens included; null where not exposed. */
  promptIds(prompt: Prompt): Int32Array | null;
  /** Ids of text; of content (the default), special tokens in it stay text. null where not exposed. */
  encode(text: string, kind?: Written['kind']): Int32Array | null;
  /** Text of ids; special tokens are left out. Throws where ids are not exposed. */
  decode(ids: Int32Array): string;
  /** Tokens in `text`: exact where ids are exposed, else an estimate that errs high. */
  countTokens(text: string): number;
  /** One generation per request, in order. Rejects on engine failure or when `signal` aborts. */
  generate(
    requests: readonly GenerateRequest[],
    signal?: AbortSignal,
  ): Promise<readonly Generation[]>;
  close(): Promise<void>;
};

/** Uniform in [0, 1). */
export type Rng = () => number;

/** `index` = how many actions came before in the same trajectory. */
export type CallInfo = {
  readonly index: number;
  readonly rng: Rng;
  /** What is being answered. A tool has no use for it; a simulator may see its golds, and says so. */
  readonly question: Question;
  /** What the policy saw and wrote, up to and with the action. */
  readonly context: Context;
  readonly signal?: AbortSignal;
};

/** What answers actions: tools and world model alike. A failed call resolves to an observation with `failure` set. */
export type Environment = {
  readonly name: string;
  /** Identifies corpus, index settings and limits. Stored in the manifest. */
  readonly fingerprint: string;
  observe(action: Action, call: CallInfo): Promise<Observation>;
};

/** What RL maximises. */
export type Reward = (trajectory: Trajectory) => number;

/** A number for people. `version` changes whenever any value may; null = not defined for this trajectory. */
export type Metric = {
  readonly id: string;
  readonly version: number;
  readonly score: (trajectory: Trajectory) => number | null;
};

/** One row of the run store. Key: run, arm, dataset, question, repeat. */
export type RunRecord = {
  readonly runId: string;
  readonly arm: string;
  readonly repeat: number;
  /** Derived from the run's root seed, the question and the repeat. */
  readonly seed: number;
  readonly outcome: Outcome;
  /** Metric id -> value; null = not defined. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** Wall-clock, for people; excluded from every comparison of results. */
  readonly seconds: number;
};

/** A rollout that ended, or the error that was left after its retries: never mixed up with a wrong answer. */
export type Outcome =
  | { readonly kind: 'rollout'; readonly rollout: Rollout }
  | {
      readonly kind: 'error';
      readonly question: Question;
      readonly message: string;
      readonly attempts: number;
    };

export type ManifestDataset = {
  readonly name: string;
  readonly questions: number;
  /** sha256 over ids and golds of the questions run, in order. */
  readonly sha256: string;
};

/** What was run: everything needed to run it again and to know whether two runs are comparable. */
export type Manifest = {
  readonly runId: string;
  readonly experiment: string;
  readonly claim: string;
  readonly command: string;
  readonly rootSeed: number;
  readonly repeats: number;
  /** Arm name -> its full configuration, plain JSON. */
  readonly arms: Readonly<Record<string, unknown>>;
  /** The arm that the others are held against; absent: none is. */
  readonly baseline?: string;
  readonly datasets: readonly ManifestDataset[];
  readonly metrics: readonly { readonly id: string; readonly version: number }[];
  readonly model: { readonly name: string; readonly fingerprint: string };
  readonly environment: { readonly name: string; readonly fingerprint: string };
  /** Protocol name@version -> sha256 of its rendered prompt for a fixed question. */
  readonly prompts: Readonly<Record<string, string>>;
  readonly revision: {
    readonly commit: string;
    readonly dirty: boolean;
    readonly lockfile: string;
  };
  readonly machine: {
    readonly node: string;
    readonly cpu: string;
    readonly cores: number;
    readonly platform: string;
  };
  /** ISO 8601, for people. */
  readonly startedAt: string;
};
