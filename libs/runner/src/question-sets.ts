import { atlasQuestions, atlasSetNames } from '@coa/atlas';
import type { Question } from '@coa/core';
import {
  corpusOf,
  isAtHand,
  isCorpusAtHand,
  loadQuestions,
  questionSetNames,
  sampleQuestions,
  unknownName,
} from '@coa/datasets';
import type { Places } from './places.ts';

/** The primer's stand-in for each published set: same kind of question, our own small texts. */
const primerTwin: Readonly<Record<string, string>> = {
  nq: 'primer-nq',
  triviaqa: 'primer-triviaqa',
  hotpotqa: 'primer-hotpotqa',
  '2wikimultihopqa': 'primer-2wiki',
  musique: 'primer-musique',
  bamboogle: 'primer-bamboogle',
};

export type QuestionSet = {
  /** The set that is run, e.g. `primer-nq`. */
  readonly name: string;
  /** The set that was asked for, e.g. `nq`. */
  readonly asked: string;
  readonly corpus: string;
  readonly questions: readonly Question[];
};

const corpusFor = async (name: string, places: Places): Promise<string> =>
  atlasSetNames.includes(name) ? 'atlas' : corpusOf(name, places);

/** Every question of a set's split. Throws where a split is asked for that nobody has. */
const questionsOf = async (
  name: string,
  { split, places }: { readonly split: 'test' | 'dev'; readonly places: Places },
): Promise<readonly Question[]> => {
  if (atlasSetNames.includes(name)) {
    return atlasQuestions(name, split).map(({ question }) => question);
  }
  if (split === 'test') return loadQuestions(name, split, places);
  throw new Error(`'${name}' is asked for its ${split} split; only Atlas's sets have one`);
};

const assertKnown = async (asked: readonly string[], places: Places): Promise<void> => {
  const known = [...atlasSetNames, ...(await questionSetNames(places))];
  const strange = asked.find((name) => !known.includes(name));
  if (strange !== undefined) throw unknownName('data set', strange, known);
};

/** Draws the seeded sample of each set; a published set that is not at hand is replaced by its primer twin. */
export const drawQuestionSets = async (
  asked: readonly string[],
  sample: {
    readonly size: number;
    readonly seed: number;
    readonly split?: 'test' | 'dev';
    readonly places: Places;
    /** Some arm searches, so a set counts as at hand only with its passages. */
    readonly searching: boolean;
  },
): Promise<QuestionSet[]> => {
  const { size, seed, split = 'test', places, searching } = sample;
  await assertKnown(asked, places);
  const sets: QuestionSet[] = [];
  for (const name of asked) {
    const twin = primerTwin[name];
    const usable =
      atlasSetNames.includes(name) ||
      ((await isAtHand(name, 'test', places)) &&
        (!searching || (await isCorpusAtHand(await corpusFor(name, places), places))));
    const chosen = twin && !usable ? twin : name;
    if (sets.some((set) => set.name === chosen)) {
      throw new Error(`'${name}' would run ${chosen} a second time; name each set once`);
    }
    const questions = sampleQuestions(await questionsOf(chosen, { split, places }), size, seed);
    sets.push({ name: chosen, asked: name, corpus: await corpusFor(chosen, places), questions });
  }
  return sets;
};
