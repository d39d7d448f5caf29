import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deriveSeed, type Question, seededRng } from '@coa/core';
import { meanWithInterval } from '@coa/metrics';
import { type Estimate, type FidelityRow, fidelityTable, tableText } from '@coa/report';
import type { Store } from '@coa/store';
import { type PairFidelity, type Presence, pairFidelity, type TwinCall } from '@coa/world-model';
import type { Places } from '../places.ts';

/** Lies beside the weights that were measured. */
const fileName = 'fidelity.json';

const inReal = (presence: Presence): number =>
  Number(presence === 'both' || presence === 'real only');
const inSimulated = (presence: Presence): number =>
  Number(presence === 'both' || presence === 'simulated only');

/** A value of one question: values of one question are no independent draws. */
type OfQuestion = { readonly question: Question; readonly value: number };

type Call = { readonly question: Question; readonly fidelity: PairFidelity };

const estimated = (values: readonly OfQuestion[], ...place: string[]): Estimate | null => {
  if (values.length === 0) return null;
  const clustered = values.map(({ question: { dataset, id }, value }) => ({
    cluster: `${dataset} ${id}`,
    value,
  }));
  const rng = seededRng(deriveSeed(0, 'fidelity', ...place));
  const { mean, low, high } = meanWithInterval(clustered, { level: 0.95, resamples: 2000, rng });
  return { mean, low, high };
};

/** How often the real observation holds something, how often the simulated one, and in how many calls which of them. */
const presence = (
  calls: readonly Call[],
  of: (fidelity: PairFidelity) => Presence | null,
  place: readonly string[],
) => {
  const counts = { both: 0, 'real only': 0, 'simulated only': 0, neither: 0 };
  const found = calls.flatMap(({ question, fidelity }) => {
    const where = of(fidelity);
    return where === null ? [] : [{ question, where }];
  });
  for (const { where } of found) counts[where] += 1;
  const share = (holds: (where: Presence) => number, name: string) =>
    estimated(
      found.map(({ question, where }) => ({ question, value: holds(where) })),
      ...place,
      name,
    );
  return { counts, real: share(inReal, 'real'), simulated: share(inSimulated, 'simulated') };
};

const rowOf = (
  { model, known }: Pick<FidelityRow, 'model' | 'known'>,
  calls: readonly Call[],
  likelihoods: readonly OfQuestion[],
): FidelityRow => {
  const place = [model, String(known)];
  const gold = presence(calls, (one) => one.gold, [...place, 'gold']);
  const hop = presence(calls, (one) => one.nextEntity, [...place, 'hop']);
  const f1 = calls.map(({ question, fidelity }) => ({ question, value: fidelity.f1 }));
  return {
    ...{ model, known, calls: calls.length },
    questions: new Set(calls.map(({ question: { dataset, id } }) => `${dataset} ${id}`)).size,
    wordF1: estimated(f1, ...place, 'f1')!,
    logLikelihood: estimated(likelihoods, ...place, 'log-likelihood'),
    ...{ gold: gold.counts, goldReal: gold.real, goldSimulated: gold.simulated },
    ...{ hop: hop.counts, hopReal: hop.real, hopSimulated: hop.simulated },
  };
};

/**
 * What calls that were answered twice say of a model, with intervals over questions: a row for those about known entities
 * and one for those about unknown ones, where there are any.
 * @param likelihoods nats a token of the real observations of one rollout each
 */
export const fidelityRows = (
  model: string,
  calls: readonly TwinCall[],
  likelihoods: readonly OfQuestion[],
): FidelityRow[] =>
  [true, false].flatMap((known) => {
    const isSuch = ({ question }: { readonly question: Question }) => question.known === known;
    const own = calls
      .filter(isSuch)
      .map((call) => ({ question: call.question, fidelity: pairFidelity(call) }));
    return own.length === 0 ? [] : [rowOf({ model, known }, own, likelihoods.filter(isSuch))];
  });

/** For a terminal. */
export const fidelityText = (rows: readonly FidelityRow[]): string =>
  tableText(fidelityTable(rows));

/** Keeps what was measured of a trained model beside its weights: reports of runs that used it show it. */
export const keepFidelity = (folder: string, rows: readonly FidelityRow[]): void =>
  writeFileSync(join(folder, fileName), `${JSON.stringify(rows, null, 2)}\n`);

/** What was measured of the models of a run, under the names of the arms that used them; each model once. */
export const keptFidelity = (store: Store, runId: string, { home }: Places): FidelityRow[] => {
  const seen = new Set<string>();
  return store.trainingsOf(runId).flatMap(({ key, arm, seed }) => {
    const file = join(home, 'training', 'stages', key, fileName);
    if (seen.has(key) || !existsSync(file)) return [];
    seen.add(key);
    const rows = JSON.parse(readFileSync(file, 'utf8')) as FidelityRow[];
    const named = (model: string) =>
      model === arm ? `${arm} (seed ${seed})` : `${model} (${arm}, seed ${seed})`;
    return rows.map((row) => ({ ...row, model: named(row.model) }));
  });
};
