import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AtlasQuestion,
  atlasQuestions,
  atlasSetNames,
  openAtlas,
  plannerPolicy,
} from '@coa/atlas';
import { coaProtocol, deriveSeed, type Policy, type Rollout } from '@coa/core';
import { disposeModel, loadModel, type Model, packSequences, tokenLogprobs } from '@coa/model';
import { rolloutBatch } from '@coa/rollout';
import {
  atlasLimits,
  atlasRecipe,
  atlasSearch,
  defineScript,
  type FidelityRow,
  fidelityRows,
  fidelityText,
  keepFidelity,
  noInstructions,
  openRetriever,
  openTrainedModel,
  type Recipe,
  type ScriptServices,
  searchEnvironment,
  storedTraining,
  trainRecipe,
} from '@coa/runner';
import { openStore, type Store } from '@coa/store';
import { failureNotice, limitNotice } from '@coa/tools';
import {
  passageMask,
  simulatedEnvironment,
  type TwinCall,
  twinEnvironment,
} from '@coa/world-model';
import { paperTable } from './paper-table.ts';

const protocol = coaProtocol(noInstructions);

/** The base model, and what paper-table makes of it, further and further on; its stages are trained once. */
const trainedArms = [
  'SFT-2',
  'SFT-1&2',
  'SFT-1&2&3',
  'SFT-1&2&3 + RL-1',
  'SFT-1&2&3 + RL-1&2',
  'SFT-1&2 + RL-2',
];

const recipes = (): Readonly<Record<string, Recipe>> => ({
  base: atlasRecipe(),
  ...Object.fromEntries(trainedArms.map((arm) => [arm, paperTable.arms[arm]!.recipe!])),
});

/** Dev questions of each set, half of them about known entities. */
const perSet = { full: 50, toy: 2 };

const askedOf = (count: number): AtlasQuestion[] =>
  atlasSetNames.flatMap((name) => {
    const all = atlasQuestions(name, 'dev');
    const take = (known: boolean) => all.filter(({ question }) => question.known === known);
    return [...take(false).slice(0, count / 2), ...take(true).slice(0, count / 2)];
  });

/** Nats a token of what the real environment found, by rollout; none where it found nothing. */
const likelihoodsOf = (model: Model, policy: Policy, rollouts: readonly Rollout[]) =>
  rollouts.flatMap((rollout) => {
    const wanted = passageMask(rollout, policy, protocol);
    if (!wanted.includes(1)) return [];
    const packed = packSequences([{ ids: rollout.tokens!.ids, wanted }]);
    const logprobs = tokenLogprobs(model, packed);
    const value = logprobs.reduce((sum, one) => sum + one, 0) / logprobs.length;
    return [{ question: rollout.trajectory.question, value }];
  });

/**
 * A teacher that reads the reasoning graphs acts in the real environment, and the model is asked beside every call what it
 * would have expected: every model in the same contexts, the base among them, which does not act by itself.
 */
const compare = async (
  { policy, model }: { readonly policy: Policy; readonly model: Model },
  asked: readonly AtlasQuestion[],
  services: ScriptServices,
) => {
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
  const world = openAtlas();
  const teacher = plannerPolicy({ world, questions: asked, student: policy, form: 'coa' });
  const rollouts = await rolloutBatch(
    { policy: teacher, environment, protocol, options: atlasLimits },
    asked.map(({ question }) => ({
      question,
      seed: deriveSeed(services.seed, question.dataset, question.id),
    })),
  );
  return { calls, likelihoods: likelihoodsOf(model, policy, rollouts) };
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
    const { calls, likelihoods } = await compare({ policy, model }, asked, services);
    const rows = fidelityRows(name, calls, likelihoods);
    if (trained.keys.length > 0 && services.size === 'full') keepFidelity(trained.folder, rows);
    return rows;
  } finally {
    await policy.close();
    disposeModel(model);
  }
};

/** What was found, under COA_HOME: again the table's rows, as JSON. */
const keep = ({ folder }: ScriptServices, found: unknown): string => {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'fidelity.json');
  writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
  return file;
};

/** `npx nx run experiments:fidelity`: how close the observations that a model writes come to the real ones, along training. */
export const fidelity = defineScript({
  name: 'fidelity',
  claim:
    'A policy that learnt to predict observations simulates its search tool better, and on known entities better than on unknown ones.',
  seed: 0,
  run: async (services) => {
    const { places, size, stopping, seed, onProgress } = services;
    const asked = askedOf(perSet[size]);
    const store = openStore(join(places.home, 'runs.db'));
    const found: Record<string, FidelityRow[]> = {};
    const wanted = Object.entries(size === 'toy' ? { base: atlasRecipe() } : recipes());
    try {
      for (const [i, [name, recipe]] of wanted.entries()) {
        if (stopping.aborted) break;
        const rows = await examined([name, recipe], asked, services, store);
        if (rows) found[name] = rows;
        onProgress('models', i + 1, wanted.length);
      }
    } finally {
      store.close();
    }
    const file = keep(services, { seed, questions: asked.length, models: found });
    return {
      complete: Object.keys(found).length === wanted.length,
      table: `${fidelityText(Object.values(found).flat())}\n${asked.length} dev questions, seed ${seed}. Also in ${file}`,
      facts: found,
    };
  },
});
