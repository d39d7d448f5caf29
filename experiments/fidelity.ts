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
  type FidelityRow,
  fidelityRow,
  fidelityText,
  keepFidelity,
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
import { simulatedEnvironment, type TwinCall, twinEnvironment } from '@coa/world-model';

const noInstructions = { examples: 0, system: '' };
const protocol = coaProtocol(noInstructions);

/** The same training, further and further on; these are paper-table's stages, and are trained once. */
const recipes: Readonly<Record<string, Recipe>> = {
  'SFT-1&2': atlasRecipe(sft1, sft2),
  'SFT-1&2&3': atlasRecipe(sft1, sft2, sft3),
  'SFT-1&2&3 + RL-1': atlasRecipe(sft1, sft2, sft3, atlasRl('RL-1', { simulated: 40, real: 0 })),
};

const perSet = { full: 50, toy: 1 };

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
  {
    policy,
    model,
    name,
  }: { readonly policy: Policy; readonly model: Model; readonly name: string },
  asked: readonly AtlasQuestion[],
  services: ScriptServices,
): Promise<FidelityRow[]> => {
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
  return [true, false].flatMap((known) => {
    const own = rollouts.filter(({ trajectory }) => trajectory.question.known === known);
    const row = fidelityRow(
      calls.filter(({ question }) => question.known === known),
      { model: name, known, logLikelihood: observationLikelihood(model, own) },
    );
    return row ?? [];
  });
};

/** Kept beside the weights: the report of a run that used them shows it. null: it was stopped. */
const examined = async (
  [name, recipe]: readonly [string, Recipe],
  asked: readonly AtlasQuestion[],
  services: ScriptServices,
  store: Store,
): Promise<FidelityRow[] | null> => {
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
    const rows = await compare({ policy, model, name }, asked, services);
    if (trained.keys.length > 0 && services.size === 'full') keepFidelity(trained.folder, rows);
    return rows;
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
    const found: Record<string, FidelityRow[]> = {};
    const wanted = size === 'toy' ? { base: atlasRecipe() } : recipes;
    try {
      for (const [name, recipe] of Object.entries(wanted)) {
        if (stopping.aborted) break;
        const rows = await examined([name, recipe], asked, services, store);
        if (rows) found[name] = rows;
      }
    } finally {
      store.close();
    }
    const note = `Shares in per cent, over questions; gold: the answer stands in the observation; next entity: what the trajectory needs next does. ${asked.length} dev questions, seed ${services.seed}.`;
    return {
      complete: Object.keys(found).length === Object.keys(wanted).length,
      table: `${fidelityText(Object.values(found).flat())}\n${note}`,
      facts: found,
    };
  },
});
