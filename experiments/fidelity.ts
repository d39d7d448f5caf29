import { join } from 'node:path';
import { type AtlasQuestion, atlasQuestions, atlasSetNames } from '@coa/atlas';
import { coaProtocol, deriveSeed, type Policy, type Rollout } from '@coa/core';
import { disposeModel, loadModel, type Model, packSequences, tokenLogprobs } from '@coa/model';
import { rolloutBatch } from '@coa/rollout';
import {
  atlasLimits,
  atlasRecipe,
  atlasRl,
  atlasSearch,
  defineScript,
  openRetriever,
  openTrainedModel,
  type Recipe,
  type ScriptServices,
  searchEnvironment,
  sft1,
  sft2,
  sft3,
  storedTraining,
  trainRecipe,
} from '@coa/runner';
import { openStore, type Store } from '@coa/store';
import { failureNotice, limitNotice } from '@coa/tools';
import {
  type Fidelity,
  fidelityOf,
  simulatedEnvironment,
  type TwinCall,
  twinEnvironment,
} from '@coa/world-model';

const noInstructions = { examples: 0, system: '' };
const protocol = coaProtocol(noInstructions);

/** The same training, further and further on; these are paper-table's stages, and are trained once. */
const recipes: Readonly<Record<string, Recipe>> = {
  'SFT-1&2': atlasRecipe(sft1, sft2),
  'SFT-1&2&3': atlasRecipe(sft1, sft2, sft3),
  'SFT-1&2&3 + RL-1': atlasRecipe(sft1, sft2, sft3, atlasRl('RL-1', { simulated: 40, real: 0 })),
};

const perSet = { full: 50, toy: 1 };

type Side = {
  readonly fidelity: Fidelity | null;
  /** Nats a token of the real observations, under the model. */
  readonly logLikelihood: number | null;
};

/** Mean log-probability of the observation tokens of rollouts. */
const observationLikelihood = (model: Model, rollouts: readonly Rollout[]): number | null => {
  let [sum, count] = [0, 0];
  for (const { tokens } of rollouts) {
    if (!tokens?.observationMask.includes(1)) continue;
    const packed = packSequences([{ ids: tokens.ids, wanted: tokens.observationMask }]);
    for (const logprob of tokenLogprobs(model, packed)) sum += logprob;
    count += packed.rows.length;
  }
  return count === 0 ? null : sum / count;
};

/** Lets the model act in the real environment, and asks it beside every call what it would have expected. */
const compare = async (
  { policy, model }: { readonly policy: Policy; readonly model: Model },
  asked: readonly AtlasQuestion[],
  services: ScriptServices,
): Promise<Readonly<Record<'known' | 'unknown', Side>>> => {
  const calls: TwinCall[] = [];
  const real = searchEnvironment(await openRetriever('atlas', services), policy, {
    ...atlasSearch,
    ...atlasLimits,
  });
  const simulator = simulatedEnvironment({
    policy,
    protocol,
    tools: ['search'],
    maxTokens: atlasLimits.observationTokens,
    temperature: atlasLimits.temperature,
    callLimit: atlasSearch.callLimit,
    limitNotice,
    failureNotice,
  });
  const environment = twinEnvironment({ real, simulator, see: (call) => calls.push(call) });
  const rollouts = await rolloutBatch(
    { policy, environment, protocol, options: atlasLimits },
    asked.map(({ question }) => ({
      question,
      seed: deriveSeed(services.seed, question.dataset, question.id),
    })),
  );
  const side = (known: boolean): Side => {
    const pairs = calls
      .filter(({ question }) => question.known === known)
      .map((call) => ({ ...call, realLogprobs: [] }));
    const own = rollouts.filter(({ trajectory }) => trajectory.question.known === known);
    return {
      fidelity: pairs.length === 0 ? null : fidelityOf(pairs),
      logLikelihood: observationLikelihood(model, own),
    };
  };
  return { known: side(true), unknown: side(false) };
};

const percent = (part: number, all: number): string =>
  all === 0 ? '–' : ((100 * part) / all).toFixed(1);

const line = (name: string, entities: string, { fidelity, logLikelihood }: Side): string => {
  if (fidelity === null) return `${name.padEnd(18)} ${entities.padEnd(8)} no calls`;
  const { n, f1, gold, nextEntity } = fidelity;
  const hops = Object.values(nextEntity).reduce((sum, count) => sum + count, 0);
  const shares = [
    f1.toFixed(3),
    logLikelihood?.toFixed(3) ?? '–',
    percent(gold.both + gold['real only'], n),
    percent(gold.both + gold['simulated only'], n),
    percent(nextEntity.both + nextEntity['real only'], hops),
    percent(nextEntity.both + nextEntity['simulated only'], hops),
  ];
  return `${name.padEnd(18)} ${entities.padEnd(8)} ${String(n).padStart(5)} ${shares.map((text) => text.padStart(9)).join(' ')}`;
};

const header = `${'model'.padEnd(18)} ${'entities'.padEnd(8)} ${'calls'.padStart(5)} ${['word F1', 'log-lik.', 'gold real', 'gold sim.', 'hop real', 'hop sim.'].map((text) => text.padStart(9)).join(' ')}`;

const examined = async (
  recipe: Recipe,
  asked: readonly AtlasQuestion[],
  services: ScriptServices,
  store: Store,
): Promise<Readonly<Record<'known' | 'unknown', Side>> | null> => {
  const trained = await trainRecipe(recipe, services.seed, storedTraining(services, store));
  if (trained === null) return null;
  const { compute } = services;
  const policy = await openTrainedModel(trained.folder, {
    contextTokens: atlasLimits.contextTokens,
    concurrency: null,
    compute,
  });
  const model = loadModel(trained.folder);
  try {
    return await compare({ policy, model }, asked, services);
  } finally {
    await policy.close();
    disposeModel(model);
  }
};

/** `npx nx run experiments:fidelity`: how close the observations that a model writes come to the real ones, along training. */
export const fidelity = defineScript({
  name: 'fidelity',
  claim:
    'A policy that learnt to predict observations simulates its search tool better, and on known entities better than on unknown ones.',
  seed: 0,
  run: async (services) => {
    const { places, size, stopping } = services;
    const count = perSet[size];
    const asked = atlasSetNames.flatMap((name) => {
      const all = atlasQuestions(name, 'dev');
      const take = (known: boolean) => all.filter(({ question }) => question.known === known);
      return [...take(false).slice(0, count), ...take(true).slice(0, count)];
    });
    const store = openStore(join(places.home, 'runs.db'));
    const found: Record<string, Readonly<Record<'known' | 'unknown', Side>>> = {};
    const wanted = size === 'toy' ? { base: atlasRecipe() } : recipes;
    try {
      for (const [name, recipe] of Object.entries(wanted)) {
        if (stopping.aborted) break;
        const sides = await examined(recipe, asked, services, store);
        if (sides) found[name] = sides;
      }
    } finally {
      store.close();
    }
    const lines = Object.entries(found).flatMap(([name, { known, unknown }]) => [
      line(name, 'known', known),
      line(name, 'unknown', unknown),
    ]);
    const note = `Shares in per cent; gold: the answer stands in the observation; hop: the entity that the trajectory needs next does. ${asked.length} dev questions, seed ${services.seed}.`;
    return {
      complete: Object.keys(found).length === Object.keys(wanted).length,
      table: [header, ...lines, '', note].join('\n'),
      facts: found,
    };
  },
});
