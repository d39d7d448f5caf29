import { deriveSeed, type Evidence, hash32, type Question, type Rng, seededRng } from '@coa/core';
import {
  type Entity,
  type Fact,
  fill,
  mention,
  objectMention,
  pickOne,
  relationKey,
  sentence,
  type World,
} from './world.ts';

/**
 * How a question is answered from facts. chain: each fact's object is the next one's subject. earlier / later: two
 * chains end in years, the answer is where the one chain began. same: two chains end alike, or not. inverse: the
 * answer is the fact's subject.
 */
export type Plan = {
  readonly kind: 'chain' | 'earlier' | 'later' | 'same' | 'inverse';
  readonly branches: readonly (readonly Fact[])[];
};

export type AtlasQuestion = { readonly question: Question; readonly plan: Plan };

/** Compositions of two relations that occur in no training question: the sixth set asks only for such. */
export const isHeldOut = (first: Fact, second: Fact): boolean =>
  hash32(`${relationKey(first)} > ${relationKey(second)}`) % 7 === 0;

/** How a question's subject is named: with what it is where the name alone could mean another. */
const subjectText = (entity: Entity, world: World, rng: Rng): string =>
  rng() < 0.3 ? `the ${entity.descriptor} ${entity.name}` : mention(entity, world.bearers);

/** `the birthplace of the director of The Amber Gate` */
const nested = (facts: readonly Fact[], subject: string, rng: Rng): string =>
  facts.reduce((text, { relation }) => fill(pickOne(relation.phrase, rng), { s: text }), subject);

const asked = (facts: readonly Fact[], subject: string, rng: Rng): string =>
  fill(pickOne(facts.at(-1)!.relation.asks, rng), { s: nested(facts.slice(0, -1), subject, rng) });

const hopsOf = (plan: Plan): number =>
  plan.branches.reduce((sum, branch) => sum + branch.length, 0);

const subjectOf = (branch: readonly Fact[]): Entity => branch[0]!.subject;

export const answerOf = ({ kind, branches }: Plan): string => {
  const [first, second] = branches as [readonly Fact[], readonly Fact[]];
  switch (kind) {
    case 'chain':
      return first.at(-1)!.answer;
    case 'inverse':
      return subjectOf(first).name;
    case 'same':
      return first.at(-1)!.answer === second.at(-1)!.answer ? 'yes' : 'no';
    case 'earlier':
    case 'later': {
      const firstIsEarlier = Number(first.at(-1)!.answer) < Number(second.at(-1)!.answer);
      return subjectOf(firstIsEarlier === (kind === 'earlier') ? first : second).name;
    }
  }
};

const compared = (plan: Plan, world: World, rng: Rng): string => {
  const [a, b] = plan.branches.map((branch) => subjectText(subjectOf(branch), world, rng));
  const relations = plan.branches[0]!.map(({ relation }) => relation.id);
  const last = relations.at(-1)!;
  const path = [...relations].reverse().join(' of the ');
  if (plan.kind === 'same') {
    return pickOne(
      [`do ${a} and ${b} have the same ${path}`, `is the ${path} of ${a} the same as that of ${b}`],
      rng,
    );
  }
  const noun = subjectOf(plan.branches[0]!).type.noun;
  const via =
    relations.length > 1 ? `${relations[0]} with the ${plan.kind} ${last}` : `${plan.kind} ${last}`;
  return pickOne(
    [
      `which ${noun} has the ${via}, ${a} or ${b}`,
      `of ${a} and ${b}, which ${noun} has the ${via}`,
    ],
    rng,
  );
};

/** A second fact of the subject, to say which one is meant. */
const clue = (fact: Fact, world: World, rng: Rng): string => {
  const others = fact.subject.facts.filter(
    (other) => other !== fact && world.statements.has(other),
  );
  if (others.length === 0) return `the ${fact.subject.descriptor} ${fact.subject.name}`;
  const other = pickOne(others, rng);
  const { name, descriptor } = fact.subject;
  return `${name}, the ${descriptor} whose ${other.relation.id} is ${objectMention(other, world.bearers)},`;
};

const inverse = (fact: Fact, world: World): string =>
  `which ${fact.subject.type.noun} has ${objectMention(fact, world.bearers)} as its ${fact.relation.id}`;

/** search: as one types it; trivia: with a clue; plain: a sentence. */
export type Style = 'search' | 'trivia' | 'plain';

const worded = (plan: Plan, style: Style, world: World, rng: Rng): string => {
  const [branch] = plan.branches as [readonly Fact[]];
  if (plan.kind === 'inverse') return `${sentence(inverse(branch[0]!, world))}?`;
  if (plan.kind !== 'chain') return `${sentence(compared(plan, world, rng))}?`;
  const subject =
    style === 'trivia' ? clue(branch[0]!, world, rng) : subjectText(subjectOf(branch), world, rng);
  const text = asked(branch, subject, rng).replace(/,$/, '');
  return style === 'search' ? text : `${sentence(text)}?`;
};

export const evidenceOf = ({ branches }: Plan, world: World): Evidence[] =>
  branches.flat().map((fact) => ({
    subject: mention(fact.subject, world.bearers),
    relation: fact.relation.id,
    object: objectMention(fact, world.bearers),
    passageIds: [world.statements.get(fact)!.passageId],
  }));

/** What a set draws its questions from. */
export type SetSpec = {
  readonly name: string;
  readonly style: Style;
  /** Kinds of plan with their hops, drawn alike. */
  readonly kinds: readonly {
    readonly type: string;
    readonly draw: (pool: FactPool, rng: Rng) => Plan | null;
  }[];
  /** Only held-out compositions; else none. */
  readonly heldOut: boolean;
  /** Part of the training questions that are of its kinds, in [0, 1]. */
  readonly trainingShare: number;
};

/** The facts of some realms, for drawing. */
export type FactPool = {
  readonly entities: readonly Entity[];
  readonly stated: (fact: Fact) => boolean;
};

const compositions = (branch: readonly Fact[]): boolean[] =>
  branch.slice(1).map((fact, i) => isHeldOut(branch[i]!, fact));

const fits = (plan: Plan, heldOut: boolean): boolean => {
  const all = plan.branches.flatMap(compositions);
  return heldOut ? all.length > 0 && all.every(Boolean) : !all.some(Boolean);
};

const mostDraws = 400;

/** The questions of a set over some realms: seeded, no two alike. Throws where the realms hold too few. */
export const drawQuestions = (
  world: World,
  set: SetSpec,
  from: {
    readonly split: string;
    readonly known: boolean;
    readonly count: number;
    readonly seed?: number;
  },
): AtlasQuestion[] => {
  const { split, known, count, seed = world.seed } = from;
  const rng = seededRng(deriveSeed(seed, set.name, split, String(known)));
  const inside = world.realms.map((realm) => realm.split === split && realm.known === known);
  const pool: FactPool = {
    entities: world.entities.filter(({ realm }) => inside[realm]),
    stated: (fact) => world.statements.has(fact),
  };
  const texts = new Set<string>();
  const made: AtlasQuestion[] = [];
  for (let draws = 0; made.length < count; draws++) {
    if (draws > mostDraws * count) {
      throw new Error(
        `${set.name} ${split}: ${made.length} of ${count} questions after ${draws} draws; the realms are too small`,
      );
    }
    const { type, draw } = set.kinds[made.length % set.kinds.length]!;
    const plan = draw(pool, rng);
    if (!plan || !fits(plan, set.heldOut)) continue;
    const text = worded(plan, set.style, world, rng);
    if (texts.has(text)) continue;
    texts.add(text);
    made.push({
      plan,
      question: questionOf(plan, { text, type, set, split, known, world, at: made.length }),
    });
  }
  return made;
};

const held = new WeakMap<World, ReadonlyMap<string, string>>();

/** Titles by passage id; made once for a world. */
const titlesOf = (world: World): ReadonlyMap<string, string> => {
  const known = held.get(world);
  if (known) return known;
  const titles = new Map(world.passages.map(({ id, title }) => [id, title]));
  held.set(world, titles);
  return titles;
};

const questionOf = (
  plan: Plan,
  {
    text,
    type,
    set,
    split,
    known,
    world,
    at,
  }: {
    readonly text: string;
    readonly type: string;
    readonly set: SetSpec;
    readonly split: string;
    readonly known: boolean;
    readonly world: World;
    readonly at: number;
  },
): Question => {
  const evidence = evidenceOf(plan, world);
  const titles = titlesOf(world);
  const ids = [...new Set(evidence.flatMap(({ passageIds }) => passageIds))];
  return {
    id: `${set.name}-${split}-${known ? 'known' : 'unknown'}-${at}`,
    dataset: set.name,
    split,
    text,
    golds: [answerOf(plan)],
    supporting: ids.map((passageId) => ({ title: titles.get(passageId)!, passageId })),
    supportComplete: true,
    type,
    hops: hopsOf(plan),
    evidence,
    known,
  };
};
