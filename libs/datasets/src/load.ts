import type { Passage, Question } from '@coa/core';
import { fileSha256 } from '@coa/download';
import { isStored, readReceipt, splitFile, storedSplits } from './at-hand.ts';
import { readCatalogue, unknownName } from './catalogue.ts';
import type { DatasetPlaces } from './places.ts';
import { primerFile, primerQuestions, primerSets, primerSplit } from './primer.ts';
import { readPassages } from './read-passages.ts';
import { readFlaggedQuestions, readQuestions } from './read-questions.ts';

const bring = 'coa datasets import DIR, or coa datasets fetch NAME';

const isPrimer = (name: string): boolean => primerSets.some((primer) => primer === name);

/** Whether a question set's split was imported or fetched, or is part of the primer. */
export const isAtHand = async (
  name: string,
  split: string,
  places: DatasetPlaces,
): Promise<boolean> =>
  isPrimer(name)
    ? split === primerSplit
    : isStored(splitFile(places, { name, split, kind: 'questions' }));

const knownNames = async (kind: string, places: DatasetPlaces): Promise<string[]> => {
  const known = (await readCatalogue(places)).filter((set) => set.kind === kind);
  const ours = kind === 'corpus' ? ['primer'] : primerSets;
  return [...ours, ...known.map((set) => set.name)];
};

/** Every question set by name, at hand or not. */
export const questionSetNames = (places: DatasetPlaces): Promise<string[]> =>
  knownNames('questions', places);

const assertKnown = async (name: string, kind: string, places: DatasetPlaces): Promise<void> => {
  const names = await knownNames(kind, places);
  if (!names.includes(name))
    throw unknownName(kind === 'corpus' ? 'corpus' : 'data set', name, names);
};

const notAtHand = (name: string, split: string, places: DatasetPlaces): Error => {
  const splits = isPrimer(name) ? [primerSplit] : storedSplits(places, { name, kind: 'questions' });
  const there = splits.length > 0 ? ` (at hand: ${splits.join(', ')})` : '';
  const advice = isPrimer(name) ? '' : `; bring it with: ${bring}`;
  return new Error(`${name} has no split '${split}' at hand${there}${advice}`);
};

/**
 * The questions of a split: a primer set as committed, any other as it was imported or fetched.
 * @throws on an unknown set, naming the known ones, and on a split that is not at hand, saying how to bring it.
 */
export const loadQuestions = async (
  name: string,
  split: string,
  places: DatasetPlaces,
): Promise<Question[]> => {
  await assertKnown(name, 'questions', places);
  if (!(await isAtHand(name, split, places))) throw notAtHand(name, split, places);
  if (isPrimer(name)) return primerQuestions(name, places);
  return readQuestions(splitFile(places, { name, split, kind: 'questions' }));
};

const corpusFile = async (name: string, places: DatasetPlaces): Promise<string> => {
  await assertKnown(name, 'corpus', places);
  if (name === 'primer') return primerFile(places, 'passages');
  const file = splitFile(places, { name, split: 'passages', kind: 'corpus' });
  if (!(await isStored(file))) {
    throw new Error(`the corpus ${name} is not at hand; bring it with: coa datasets import DIR`);
  }
  return file;
};

/** Whether a corpus was imported, or is the primer's. */
export const isCorpusAtHand = async (name: string, places: DatasetPlaces): Promise<boolean> =>
  name === 'primer' ||
  (await readReceipt(splitFile(places, { name, split: 'passages', kind: 'corpus' }))) !== null;

/** The passages of a corpus. */
export async function* loadPassages(name: string, places: DatasetPlaces): AsyncGenerator<Passage> {
  yield* readPassages(await corpusFile(name, places));
}

/** What an index is built from: the corpus file's sha256 and, where a receipt tells it, its number of passages. */
export const corpusSource = async (
  name: string,
  places: DatasetPlaces,
): Promise<{ readonly sourceFingerprint: string; readonly expected: number }> => {
  const file = await corpusFile(name, places);
  const receipt = await readReceipt(file);
  return {
    sourceFingerprint: receipt?.sha256 ?? (await fileSha256(file)),
    expected: receipt?.rows ?? 0,
  };
};

/** Splits whose name says that they are for testing; training on them would spoil comparisons. */
const isTestSplit = (split: string): boolean => split === 'test' || split.endsWith('-test');

/**
 * Every evaluation question at hand, the primer's included: what no training set may hold. Of a split that is not for
 * testing, the rows marked as AutoCoA test questions (`in_autocoa_test`).
 */
export const loadEvaluationQuestions = async (places: DatasetPlaces): Promise<Question[]> => {
  const loaded: Question[] = [];
  for (const name of primerSets) loaded.push(...(await primerQuestions(name, places)));
  const sets = (await readCatalogue(places)).filter(({ kind }) => kind === 'questions');
  for (const { name, evaluation } of sets) {
    for (const split of storedSplits(places, { name, kind: 'questions' })) {
      if (!(await isAtHand(name, split, places))) continue;
      const file = splitFile(places, { name, split, kind: 'questions' });
      const whole = split === evaluation?.split || isTestSplit(split);
      const rows = await readFlaggedQuestions(file, { dataset: name, split });
      loaded.push(
        ...rows.filter(({ heldOut }) => whole || heldOut).map(({ question }) => question),
      );
    }
  }
  return loaded;
};
