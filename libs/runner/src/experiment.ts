import type { Metric, ProtocolName, ProtocolOptions } from '@coa/core';
import type { RolloutOptions } from '@coa/rollout';
import type { ArmEnvironment } from './environments.ts';
import { toySized } from './toy.ts';
import type { Recipe } from './training/recipe.ts';

/** One way to answer a question: a protocol, its worked examples, its tools and its limits. */
export type Arm = {
  readonly protocol: ProtocolName;
  /** Worked examples in the prompt: how many of the lab's own, or which. */
  readonly examples: ProtocolOptions['examples'];
  /** In place of the protocol's instructions; '' = none. */
  readonly system?: string;
  readonly environment: ArmEnvironment;
  /** How its model is trained, once for each repeat; absent: the experiment's model as it is. */
  readonly recipe?: Recipe;
  readonly options: RolloutOptions;
};

/** Settings of the search tool. */
export type SearchSettings = {
  /** Passages shown per search. */
  readonly topK: number;
  /** Searches allowed per trajectory; further ones get the limit notice as their observation. */
  readonly callLimit: number;
};

/** A claim under test, as data; the file `experiments/<name>.ts` exports one and is its registration. */
export type Experiment = {
  readonly name: string;
  readonly claim: string;
  readonly arms: Readonly<Record<string, Arm>>;
  /** The arm that the others are held against, question by question; absent: none is. */
  readonly baseline?: string;
  /** Question sets; one that is not at hand is replaced by its twin in the primer. */
  readonly datasets: readonly string[];
  /** dev: for choosing prompts and settings (Atlas only). Default: test. */
  readonly split?: 'test' | 'dev';
  readonly questionsPerDataset: number;
  readonly repeats: number;
  readonly seed: number;
  /** What `openModel` understands: a known model's name, a .gguf file, a model folder, or `openai:URL#MODEL`. Arms without a recipe use it. */
  readonly model: string;
  readonly search: SearchSettings;
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Other versions of it, by the name that `--track` takes: what differs. */
  readonly tracks?: Readonly<Record<string, Partial<Omit<Experiment, 'name' | 'tracks'>>>>;
};

/** Checks what types cannot and returns the experiment. Throws on a name or a count that cannot be run, and on an arm named by a whole number. */
export const defineExperiment = (experiment: Experiment): Experiment => {
  const { name, arms, datasets, metrics } = experiment;
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) {
    throw new Error(`experiment name '${name}' must be kebab-case, as its file name is`);
  }
  const empty = Object.entries({ arms, metrics }).find(
    ([, value]) => Object.keys(value).length === 0,
  );
  if (empty) throw new Error(`experiment '${name}' has no ${empty[0]}`);
  if (datasets.length === 0) throw new Error(`experiment '${name}' has no datasets`);
  assertCounts(experiment);
  assertArmNames(experiment);
  assertBaseline(experiment);
  return experiment;
};

const assertBaseline = ({ name, arms, baseline }: Experiment): void => {
  if (baseline === undefined || Object.hasOwn(arms, baseline)) return;
  const names = Object.keys(arms).join(', ');
  throw new Error(
    `experiment '${name}' has no arm '${baseline}' as its baseline; it has: ${names}`,
  );
};

/** JavaScript puts such names first and in order of size, wherever they stand. */
const isWhole = (name: string): boolean => /^\d+$/.test(name);

const assertArmNames = ({ name, arms }: Experiment): void => {
  const whole = Object.keys(arms).find(isWhole);
  if (whole === undefined) return;
  throw new Error(
    `experiment '${name}' has an arm '${whole}': names that are whole numbers would come first in every table, wherever they stand; say what the number is, e.g. 'share ${whole}'`,
  );
};

const assertCounts = (experiment: Experiment): void => {
  for (const count of ['questionsPerDataset', 'repeats'] as const) {
    if (!Number.isInteger(experiment[count]) || experiment[count] < 1) {
      throw new RangeError(
        `${count} is ${experiment[count]}; it must be a whole number of at least 1`,
      );
    }
  }
};

/** What the command line may change. */
export type Overrides = {
  readonly track?: string;
  /** All of it in seconds, to see that it runs. */
  readonly toy?: boolean;
  readonly limit?: number;
  readonly datasets?: readonly string[];
  readonly arms?: readonly string[];
  readonly model?: string;
  readonly seed?: number;
  readonly repeats?: number;
};

const known = (asked: readonly string[], all: readonly string[], what: string): void => {
  for (const name of asked) {
    if (!all.includes(name)) {
      throw new Error(`unknown ${what} '${name}'; the experiment has: ${all.join(', ')}`);
    }
  }
};

/** The experiment in one of its versions. */
const onTrack = (experiment: Experiment, track: string | undefined): Experiment => {
  if (track === undefined) return experiment;
  known([track], Object.keys(experiment.tracks ?? {}), 'track');
  return { ...experiment, ...experiment.tracks![track] };
};

/** The baseline that does not run, since its arm is not among the chosen ones; null where it does or there is none. */
export const missingBaseline = (asked: Experiment, overrides: Overrides): string | null => {
  const { baseline } = onTrack(asked, overrides.track);
  if (baseline === undefined) return null;
  return overridden(asked, overrides).baseline === undefined ? baseline : null;
};

/**
 * The experiment with the command line's changes; throws on an arm or a track that it does not have. A baseline that is not
 * among the chosen arms is left out.
 */
export const overridden = (asked: Experiment, overrides: Overrides): Experiment => {
  const whole = onTrack(asked, overrides.track);
  const { baseline, ...experiment } = overrides.toy ? toySized(whole) : whole;
  const { limit, datasets, arms, model, seed, repeats } = overrides;
  const names = Object.keys(experiment.arms);
  known(arms ?? [], names, 'arm');
  const chosen = arms ?? names;
  return defineExperiment({
    ...experiment,
    arms: Object.fromEntries(chosen.map((name) => [name, experiment.arms[name]!])),
    ...(baseline !== undefined && chosen.includes(baseline) && { baseline }),
    datasets: datasets ?? experiment.datasets,
    questionsPerDataset: limit ?? experiment.questionsPerDataset,
    model: model ?? experiment.model,
    seed: seed ?? experiment.seed,
    repeats: repeats ?? experiment.repeats,
  });
};
