import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type AtlasQuestion, atlasTraining, openAtlas, plannedTurn } from '@coa/atlas';
import {
  coaProtocol,
  type Passage,
  type Protocol,
  type Rng,
  type RunRecord,
  reactProtocol,
  type Step,
  seededRng,
  type TokenSequence,
  type Written,
} from '@coa/core';
import { type TokenTexts, tokenTexts } from '@coa/report';
import { loadTokenizer } from '@coa/tokenizer';

/**
 * Records as a run on Atlas has them, any number: questions drawn from the world with their reasoning graphs, trajectories of the
 * teacher whose searches find the passage that is needed four times in five, tokens of the base model's own tokenizer,
 * log-probabilities drawn at random, mostly near 0. No two are alike; what they share (passages, prompts) is what real ones share.
 */
export const arms = ['AutoCoA', 'ReAct', 'Model only'] as const;

type Arm = (typeof arms)[number];

const bare = { examples: 0, system: '' };
const protocolOf: Readonly<Record<Arm, Protocol>> = {
  AutoCoA: coaProtocol(bare),
  ReAct: reactProtocol(bare),
  'Model only': coaProtocol(bare),
};

const file = fileURLToPath(new URL('../datasets/atlas/base/tokenizer.json', import.meta.url));
const tokenizer = loadTokenizer(readFileSync(file, 'utf8'));

/** What `runTokenTexts` of the runner gives for a run on the base model. */
export const texts: TokenTexts = tokenTexts((id) =>
  id < tokenizer.size ? { bytes: tokenizer.decodeBytes(Int32Array.of(id)), control: false } : null,
);

const idsOf = (written: readonly Written[]): number[] =>
  written.flatMap(({ kind, text }) => [
    ...(kind === 'markup' ? tokenizer.encodeMarkup(text) : tokenizer.encode(text)),
  ]);

type Growing = { ids: number[]; given: number[]; observed: number[]; logprobs: number[] };

const append = (
  tokens: Growing,
  written: readonly Written[],
  source: 'given' | 'observation' | 'sampled',
  rng: Rng,
): void => {
  for (const id of idsOf(written)) {
    tokens.ids.push(id);
    tokens.given.push(Number(source === 'given'));
    tokens.observed.push(Number(source === 'observation'));
    tokens.logprobs.push(source === 'sampled' ? -3 * rng() ** 6 : Number.NaN);
  }
};

const markup = (text: string): Written[] => [{ kind: 'markup', text }];

const sequenceOf = ({ ids, given, observed, logprobs }: Growing): TokenSequence => ({
  ids: Int32Array.from(ids),
  promptMask: Uint8Array.from(given),
  observationMask: Uint8Array.from(observed),
  logprobs: Float32Array.from(logprobs),
});

/** Two passages: mostly the one that states the fact, and one that does not. */
const search = (needed: Passage, passages: readonly Passage[], rng: Rng): Passage[] => {
  const other = (): Passage => passages[Math.floor(rng() * passages.length)]!;
  return rng() < 0.8 ? [needed, other()] : [other(), other()];
};

const resultText = (found: readonly Passage[]): string =>
  found.map(({ title, text }, i) => `result ${i + 1}: "${title}"\n${text}`).join('\n');

type World = ReturnType<typeof openAtlas>;
type Making = { readonly steps: Step[]; readonly tokens: Growing; readonly rng: Rng };

const actionText = (arm: Arm, query: string): string =>
  arm === 'ReAct' ? `\nAction: Search[${query}]\n` : ` <begin_search> ${query} </end_search>`;

const answerText = (arm: Arm, answer: string): string =>
  arm === 'ReAct' ? `\nAction: Finish[${answer}]` : `\n</think>\n\n\\boxed{${answer}}`;

const observe = (arm: Arm, found: readonly Passage[], { steps, tokens, rng }: Making): string => {
  const text = resultText(found);
  const observation = { text, passageIds: found.map(({ id }) => id), failure: null };
  steps.push({ kind: 'observation', ...observation });
  const rendered = protocolOf[arm].renderObservation(observation, '');
  append(tokens, rendered, 'observation', rng);
  return text;
};

const prompted = (text: string, rng: Rng): Making => {
  const tokens: Growing = { ids: [], given: [], observed: [], logprobs: [] };
  append(tokens, markup(`<|im_start|>user\nQuestion: `), 'given', rng);
  append(tokens, [{ kind: 'content', text }], 'given', rng);
  append(tokens, markup('<|im_end|>\n<|im_start|>assistant\n'), 'given', rng);
  return { steps: [], tokens, rng };
};

const think = (text: string, { steps, tokens, rng }: Making): void => {
  steps.push({ kind: 'think', text });
  append(tokens, [{ kind: 'content', text }], 'sampled', rng);
};

const answered = (arm: Arm, answer: string, { steps, tokens, rng }: Making): void => {
  steps.push({ kind: 'answer', text: answer });
  append(tokens, markup(answerText(arm, answer)), 'sampled', rng);
};

/** What the teacher writes and finds, until it answers or is lost. */
const attempt = ({ question, plan }: AtlasQuestion, arm: Arm, world: World, rng: Rng): Making => {
  const made = prompted(question.text, rng);
  const byId = passagesById(world);
  const observations: string[] = [];
  const evidence = question.evidence ?? [];
  while (arm !== 'Model only') {
    const turn = plannedTurn(plan, observations, world, { seed: Math.floor(rng() * 2 ** 31) });
    if (turn.thought !== '') think(turn.thought, made);
    if (turn.kind !== 'search') {
      answered(arm, turn.kind === 'answer' ? turn.answer : world.passages[0]!.title, made);
      return made;
    }
    made.steps.push({ kind: 'action', tool: 'search', input: turn.query });
    append(made.tokens, markup(actionText(arm, turn.query)), 'sampled', rng);
    const fact = evidence[Math.min(observations.length, evidence.length - 1)]!;
    const found = search(byId.get(fact.passageIds[0]!)!, world.passages, rng);
    observations.push(observe(arm, found, made));
  }
  think('I recall it.', made);
  answered(arm, world.passages[Math.floor(rng() * world.passages.length)]!.title, made);
  return made;
};

const cache = new WeakMap<World, Map<string, Passage>>();

const passagesById = (world: World): Map<string, Passage> => {
  const known = cache.get(world) ?? new Map(world.passages.map((one) => [one.id, one]));
  cache.set(world, known);
  return known;
};

const metricsOf = (steps: readonly Step[], golds: readonly string[], rng: Rng) => {
  const last = steps.at(-1);
  const right = Number(last?.kind === 'answer' && golds.includes(last.text));
  return {
    exactMatch: right,
    tokenF1: right || Math.round(rng() * 50) / 100,
    releasedReward: right,
    actionSteps: steps.filter(({ kind }) => kind === 'action').length,
    answered: 1,
    toolFailures: 0,
    goldRecall: rng() < 0.5 ? 1 : 0.5,
    hopRecall: rng() < 0.5 ? 1 : 1 / 3,
  };
};

const recordOf = (asked: AtlasQuestion, arm: Arm, seed: number): RunRecord => {
  const rng = seededRng(seed);
  const { steps, tokens } = attempt(asked, arm, openAtlas(), rng);
  const { question } = asked;
  const trajectory = { question, protocol: 'coa@1', steps, stop: 'answered' } as const;
  const usage = { promptTokens: 900, completionTokens: tokens.ids.length, requests: 3 };
  return {
    ...{ runId: 'benchmark', arm, repeat: 0, seed },
    outcome: { kind: 'rollout', rollout: { trajectory, tokens: sequenceOf(tokens), usage } },
    metrics: metricsOf(steps, question.golds, rng),
    seconds: 3 * rng(),
  };
};

/** `count` records from number `from` on, arm by arm as a store reads them; the same count gives the same records. */
export function* makeRecords(count: number, from = 0): Generator<RunRecord> {
  if (from >= count) return;
  const perArm = Math.ceil(count / arms.length);
  const asked = atlasTraining(Math.ceil(perArm * 1.1), { knownShare: 0.25, seed: 1 });
  for (let i = from; i < count; i++) {
    // where the world has fewer questions, they are asked again
    const question = asked[(i % perArm) % asked.length]!;
    yield recordOf(question, arms[Math.floor(i / perArm)]!, i);
  }
}
