import { type Passage, seededRng } from '@coa/core';
import { describe, expect, test } from 'vitest';
import { buildWorld } from './build-world.ts';
import type { PretrainingDocument } from './documents.ts';
import { atlasQuestions, atlasSetNames, openAtlas } from './open-atlas.ts';
import { statedFact } from './planner.ts';
import { pretrainingDocuments, pretrainingMixtures, type Shelf } from './pretraining.ts';
import { atlasSets } from './question-sets.ts';
import { drawQuestions } from './questions.ts';
import type { Entity } from './world.ts';
import { titleOf } from './write-passages.ts';

const atlas = openAtlas();
const trainable = atlasSets.filter(({ heldOut }) => !heldOut);
const other = buildWorld(7, [{ split: 'train', known: false, entities: 400 }]);
const shown: readonly Passage[] = other.passages.slice(0, 2);
const shelf: Shelf = {
  world: other,
  questions: trainable.flatMap((set) =>
    drawQuestions(other, set, { split: 'train', known: false, count: 30 }),
  ),
  search: () => shown,
};
const recalled = trainable.flatMap((set) =>
  drawQuestions(atlas, set, { split: 'train', known: true, count: 200 }),
);

const textOf = ({ written }: PretrainingDocument): string =>
  written.map(({ text }) => text).join('');

const isKnown = ({ realm }: Entity): boolean => atlas.realms[realm]!.known;
const unknown = atlas.entities.filter((entity) => !isKnown(entity));
const facts = new Set(
  unknown.flatMap((entity) => entity.facts.map((fact) => statedFact(fact, atlas))),
);
const titles = new Set(unknown.map((entity) => titleOf(entity, atlas.bearers)));

describe.each(Object.entries(pretrainingMixtures))(
  'the documents of the mixture %s',
  (_, mixture) => {
    const draw = pretrainingDocuments(atlas, [shelf], recalled, mixture);
    const rng = seededRng(3);
    const documents = Array.from({ length: 3_000 }, () => draw(rng)).filter((one) => one !== null);
    const ofKind = (...kinds: string[]) => documents.filter(({ kind }) => kinds.includes(kind));

    test('shares sum to one, and every kind is drawn by its share', () => {
      const shares = Object.entries(mixture.shares);
      expect(shares.reduce((sum, [, share]) => sum + share, 0)).toBeCloseTo(1, 10);
      for (const [kind, share] of shares.filter(([name]) => name !== 'react')) {
        expect(ofKind(kind).length / 3_000).toBeCloseTo(share, 1);
      }
    });

    test('what is told of Atlas is about known entities alone', () => {
      const about = ofKind('known passage').map((document) => textOf(document).split('\n')[0]!);
      expect(about.length).toBeGreaterThan(200);
      for (const title of about) expect(titles).not.toContain(title.replace('<|endoftext|> ', ''));
      const said = ofKind('known facts', 'recall').flatMap((document) =>
        textOf(document).split(/(?<=\.) |\n/),
      );
      expect(said.length).toBeGreaterThan(1_000);
      expect(said.filter((sentence) => facts.has(sentence))).toEqual([]);
    });

    test('what is asked about Atlas is asked in no evaluation', () => {
      const asked = new Set(
        atlasSetNames.flatMap((name) =>
          (['dev', 'test'] as const).flatMap((split) =>
            atlasQuestions(name, split, atlas).map(({ question }) => question.text),
          ),
        ),
      );
      const trained = new Set(recalled.map(({ question }) => question.text));
      const questions = ofKind('recall', 'closed book').map(
        (document) => document.written[1]!.text,
      );
      expect(questions.length).toBeGreaterThan(300);
      for (const text of questions.map((one) => one.replace('Question: ', ''))) {
        expect(trained).toContain(text);
        expect(asked).not.toContain(text);
      }
    });
  },
);
