import { describe, expect, test } from 'vitest';
import { atlasRealms, buildWorld } from './build-world.ts';
import {
  atlasQuestions,
  atlasSetNames,
  atlasTraining,
  openAtlas,
  workedExample,
} from './open-atlas.ts';
import { plannedTurn } from './planner.ts';
import { atlasSets } from './question-sets.ts';
import { type AtlasQuestion, drawQuestions, isHeldOut } from './questions.ts';
import { atlasSpec } from './spec/index.ts';
import { type Entity, relationKey } from './world.ts';

const atlas = openAtlas();
const training = atlasTraining(3_000, { knownShare: 0.2, seed: 5 });
const test_ = atlasSetNames.flatMap((name) => atlasQuestions(name, 'test'));

const entitiesOf = ({ plan }: AtlasQuestion): Entity[] =>
  plan.branches.flat().flatMap(({ subject, object }) => (object ? [subject, object] : [subject]));

describe('the world', () => {
  test('has the size that it promises: types, relations, passages of 40 to 80 words', () => {
    expect(atlasSpec.types.length).toBeGreaterThanOrEqual(12);
    const relations = atlasSpec.types.flatMap(({ relations: own }) => own);
    expect(relations.length).toBeGreaterThanOrEqual(40);
    expect(atlas.passages.length).toBeGreaterThanOrEqual(20_000);
    const words = atlas.passages.map(({ text }) => text.split(/\s+/).length);
    expect(Math.min(...words)).toBeGreaterThanOrEqual(40);
    expect(Math.max(...words)).toBeLessThanOrEqual(80);
  });

  test('the same seed gives the same passages, another seed others', () => {
    const realms = atlasRealms.slice(0, 2);
    const [a, b, c] = [1, 1, 2].map((seed) => JSON.stringify(buildWorld(seed, realms).passages));
    expect(a).toBe(b);
    expect(a).not.toBe(c);
  });

  test('every id and title is one passage; every stated fact stands in its passage', () => {
    expect(new Set(atlas.passages.map(({ id }) => id)).size).toBe(atlas.passages.length);
    expect(new Set(atlas.passages.map(({ title }) => title)).size).toBe(atlas.passages.length);
    const texts = new Map(atlas.passages.map(({ id, text }) => [id, text]));
    for (const { passageId, sentence } of atlas.statements.values()) {
      expect(texts.get(passageId)).toContain(sentence);
    }
  });

  test('has namesakes that only what they are tells apart', () => {
    const shared = [...atlas.bearers.values()].filter((count) => count > 1);
    expect(shared.length).toBeGreaterThan(500);
    const named = atlas.entities.map(({ name, descriptor }) => `${descriptor} ${name}`);
    expect(new Set(named).size).toBe(named.length);
  });

  test('the data are whole: patterns name pools, statements name their object, relations lead to types', () => {
    const types = new Set(atlasSpec.types.map(({ name }) => name));
    for (const type of atlasSpec.types) {
      for (const { to, says, phrase, asks, queries } of type.relations) {
        if (typeof to === 'string') expect(types).toContain(to);
        for (const said of says) expect(said).toMatch(/\{o\}/);
        for (const said of says) expect(said).toMatch(/\{[sp]\}/);
        for (const text of [...phrase, ...asks]) expect(text).toMatch(/\{s\}/);
        expect(queries.length).toBe(3);
      }
    }
  });

  test('reserved names are nobody’s', () => {
    const realms = [{ split: 'train', known: false, entities: 200 }] as const;
    const reserved = new Set(buildWorld(9, realms).entities.map(({ name }) => name));
    const other = buildWorld(9, realms, { reserved });
    expect(other.entities.filter(({ name }) => reserved.has(name))).toEqual([]);
  });
});

describe('the questions', () => {
  test('six sets of 500, one of them of 125; a fifth of each about the known', () => {
    const counts = atlasSetNames.map((name) => atlasQuestions(name, 'test').length);
    expect(counts).toEqual([500, 500, 500, 500, 500, 125]);
    expect(test_.filter(({ question }) => question.known).length).toBe(525);
  });

  test('no entity of a test question stands in a training question, nor any of its facts', () => {
    const trained = new Set(training.flatMap(entitiesOf));
    expect(trained.size).toBeGreaterThan(2_000);
    expect(test_.flatMap(entitiesOf).filter((entity) => trained.has(entity))).toEqual([]);
    const passages = new Set(
      training.flatMap(({ question }) => question.supporting.map((s) => s.passageId)),
    );
    const shared = test_
      .flatMap(({ question }) => question.supporting)
      .filter((s) => passages.has(s.passageId));
    expect(shared).toEqual([]);
  });

  test('the compositions of atlas-bamboogle occur in no other question', () => {
    const pairs = (asked: readonly AtlasQuestion[]) =>
      new Set(
        asked.flatMap(({ plan }) =>
          plan.branches.flatMap((facts) =>
            facts.slice(1).map((fact, i) => `${relationKey(facts[i]!)} > ${relationKey(fact)}`),
          ),
        ),
      );
    const heldOut = pairs(test_.filter(({ question }) => question.dataset === 'atlas-bamboogle'));
    expect(heldOut.size).toBeGreaterThan(20);
    const others = pairs([
      ...training,
      ...test_.filter(({ question }) => question.dataset !== 'atlas-bamboogle'),
    ]);
    expect([...heldOut].filter((pair) => others.has(pair))).toEqual([]);
    const [first] = test_.find(({ plan }) => plan.branches[0]!.length === 2)!.plan.branches;
    expect(typeof isHeldOut(first![0]!, first![1]!)).toBe('boolean');
  });

  test('graph and answer belong together', () => {
    for (const { question, plan } of test_) {
      expect(question.evidence?.length).toBe(question.hops);
      const ends = plan.branches.map((facts) => facts.at(-1)!.answer);
      const starts = plan.branches.map((facts) => facts[0]!.subject.name);
      const [gold] = question.golds;
      const possible = {
        chain: ends,
        inverse: starts,
        same: ['yes', 'no'],
        earlier: starts,
        later: starts,
      };
      expect(possible[plan.kind]).toContain(gold);
      for (const facts of plan.branches) {
        facts.slice(1).forEach((fact, i) => {
          expect(facts[i]!.object).toBe(fact.subject);
        });
      }
    }
  });

  test('earlier and later by hand', () => {
    const asked = test_.filter(({ plan }) => plan.kind === 'earlier').slice(0, 20);
    for (const { question, plan } of asked) {
      const [a, b] = plan.branches as [(typeof plan.branches)[0], (typeof plan.branches)[0]];
      const earlier = Number(a.at(-1)!.answer) < Number(b.at(-1)!.answer) ? a : b;
      expect(question.golds).toEqual([earlier[0]!.subject.name]);
    }
  });

  test('realms that are too small are refused with the count', () => {
    const tiny = buildWorld(1, [{ split: 'train', known: false, entities: 20 }]);
    expect(() =>
      drawQuestions(tiny, atlasSets[0]!, { split: 'train', known: false, count: 5_000 }),
    ).toThrow(/of 5000 questions/);
  });
});

describe('the teacher', () => {
  const passage = (id: string | undefined) => atlas.passages.find((one) => one.id === id)!.text;

  test('finds its way through gold passages to the gold answer, one search a fact at most', () => {
    for (const { question, plan } of test_.filter((_, i) => i % 25 === 0)) {
      const observations: string[] = [];
      for (let turn = plannedTurn(plan, [], atlas, { seed: 1 }); ; ) {
        if (turn.kind !== 'search') {
          expect(turn).toMatchObject({ kind: 'answer', answer: question.golds[0] });
          break;
        }
        expect(observations.length).toBeLessThan(question.hops!);
        observations.push(
          question
            .evidence!.map(({ passageIds }) => passage(passageIds[0]))
            .at(observations.length)!,
        );
        turn = plannedTurn(plan, observations, atlas, { seed: 1 });
      }
    }
  });

  test('words a search anew where it finds nothing, and gives up after three', () => {
    const { plan } = test_[0]!;
    const turns = [0, 1, 2, 3].map((n) =>
      plannedTurn(plan, Array(n).fill('nothing'), atlas, { seed: 1 }),
    );
    expect(turns.map(({ kind }) => kind)).toEqual(['search', 'search', 'search', 'lost']);
    const queries = turns.flatMap((turn) => (turn.kind === 'search' ? [turn.query] : []));
    expect(new Set(queries).size).toBe(3);
  });

  test('in haste it believes the first thing it is shown', () => {
    const { plan, question } = test_.find(
      ({ plan: { kind, branches } }) => kind === 'chain' && branches[0]!.length === 1,
    )!;
    const fact = plan.branches[0]![0]!;
    const [other] = [...atlas.statements].find(
      ([one]) => one.relation === fact.relation && one.answer !== fact.answer,
    )!;
    const where = atlas.passages.find(({ id }) => id === atlas.statements.get(other)!.passageId)!;
    const shown = ` result 1: "${where.title}"\n${where.text}`;
    const turn = plannedTurn(plan, [shown], atlas, { seed: 1, hasty: true });
    expect(turn.kind).toBe('answer');
    expect(turn.kind === 'answer' && turn.answer).not.toBe(question.golds[0]);
  });

  test('a worked example answers its question', () => {
    const asked = test_.find(({ question }) => question.type === '3hop')!;
    const example = workedExample(asked);
    expect(example.answer).toBe(asked.question.golds[0]);
    expect(example.hops.length).toBeGreaterThan(0);
  });
});
