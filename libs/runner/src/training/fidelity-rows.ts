import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deriveSeed, seededRng } from '@coa/core';
import { meanWithInterval } from '@coa/metrics';
import { type FidelityRow, fidelityTable, tableText } from '@coa/report';
import type { Store } from '@coa/store';
import { type Presence, pairFidelity, type TwinCall } from '@coa/world-model';
import type { Places } from '../places.ts';

/** Lies beside the weights that were measured. */
const fileName = 'fidelity.json';

const inReal = (presence: Presence): number =>
  Number(presence === 'both' || presence === 'real only');
const inSimulated = (presence: Presence): number =>
  Number(presence === 'both' || presence === 'simulated only');

/** What calls that were answered twice say, with intervals over questions; null of no calls. */
export const fidelityRow = (
  calls: readonly TwinCall[],
  of: Pick<FidelityRow, 'model' | 'known' | 'logLikelihood'>,
): FidelityRow | null => {
  if (calls.length === 0) return null;
  const pairs = calls.map((call) => ({
    cluster: `${call.question.dataset} ${call.question.id}`,
    fidelity: pairFidelity({ ...call, realLogprobs: [] }),
  }));
  const estimate = (
    name: string,
    value: (pair: (typeof pairs)[number]['fidelity']) => number | null,
  ) => {
    const values = pairs.flatMap(({ cluster, fidelity }) => {
      const one = value(fidelity);
      return one === null ? [] : [{ cluster, value: one }];
    });
    if (values.length === 0) return null;
    const rng = seededRng(deriveSeed(0, 'fidelity', of.model, String(of.known), name));
    const { mean, low, high } = meanWithInterval(values, { level: 0.95, resamples: 2000, rng });
    return { mean, low, high };
  };
  return {
    ...of,
    calls: calls.length,
    questions: new Set(pairs.map(({ cluster }) => cluster)).size,
    wordF1: estimate('f1', ({ f1 }) => f1)!,
    goldReal: estimate('gold real', ({ gold }) => inReal(gold))!,
    goldSimulated: estimate('gold simulated', ({ gold }) => inSimulated(gold))!,
    hopReal: estimate('hop real', ({ nextEntity }) => nextEntity && inReal(nextEntity)),
    hopSimulated: estimate(
      'hop simulated',
      ({ nextEntity }) => nextEntity && inSimulated(nextEntity),
    ),
  };
};

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
    return rows.map((row) => ({ ...row, model: `${row.model} (${arm}, seed ${seed})` }));
  });
};
