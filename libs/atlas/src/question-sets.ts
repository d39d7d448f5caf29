import type { Rng } from '@coa/core';
import type { FactPool, Plan, SetSpec } from './questions.ts';
import { type Entity, type Fact, pickOne } from './world.ts';

const statedFacts = (entity: Entity, { stated }: FactPool): Fact[] => entity.facts.filter(stated);

/** A random walk of n facts that meets no entity twice; all but the last end in an entity. */
const walk = (start: Entity, hops: number, pool: FactPool, rng: Rng): Fact[] | null => {
  const path: Fact[] = [];
  const met = new Set([start]);
  let at = start;
  for (let hop = 0; hop < hops; hop++) {
    const last = hop === hops - 1;
    const options = statedFacts(at, pool).filter(({ object }) =>
      object === null ? last : !met.has(object),
    );
    if (options.length === 0) return null;
    const fact = pickOne(options, rng);
    path.push(fact);
    if (fact.object) {
      at = fact.object;
      met.add(at);
    }
  }
  return path;
};

const chain =
  (hops: number) =>
  (pool: FactPool, rng: Rng): Plan | null => {
    const branch = walk(pickOne(pool.entities, rng), hops, pool, rng);
    return branch && { kind: 'chain', branches: [branch] };
  };

/** Another entity of the type with a path of the same relations. */
const alike = (branch: readonly Fact[], pool: FactPool, rng: Rng): Fact[] | null => {
  const { type } = branch[0]!.subject;
  const others = pool.entities.filter(
    (other) => other.type === type && other !== branch[0]!.subject,
  );
  if (others.length === 0) return null;
  let at: Entity | null = pickOne(others, rng);
  const path: Fact[] = [];
  for (const { relation } of branch) {
    const fact: Fact | undefined = at
      ? statedFacts(at, pool).find((one) => one.relation === relation)
      : undefined;
    if (!fact) return null;
    path.push(fact);
    at = fact.object;
  }
  return path;
};

const isYear = ({ relation }: Fact): boolean =>
  typeof relation.to !== 'string' && relation.to.kind === 'year';

/** Which of two began earlier or later, over one relation or two. */
const compareYears =
  (hops: number) =>
  (pool: FactPool, rng: Rng): Plan | null => {
    const branch = walk(pickOne(pool.entities, rng), hops, pool, rng);
    if (!branch || !isYear(branch.at(-1)!)) return null;
    const other = alike(branch, pool, rng);
    if (!other || other.at(-1)!.answer === branch.at(-1)!.answer) return null;
    if (other[0]!.subject.name === branch[0]!.subject.name) return null;
    return { kind: rng() < 0.5 ? 'earlier' : 'later', branches: [branch, other] };
  };

/** Whether two have the same object: yes as often as no, as far as the world has it. */
const compareSame = (pool: FactPool, rng: Rng): Plan | null => {
  const branch = walk(pickOne(pool.entities, rng), 1, pool, rng);
  if (!branch || isYear(branch[0]!)) return null;
  const wanted = rng() < 0.5;
  const candidates = pool.entities.filter(
    ({ type, name }) => type === branch[0]!.subject.type && name !== branch[0]!.subject.name,
  );
  const facts = candidates.flatMap((entity) =>
    statedFacts(entity, pool).filter(
      ({ relation, answer }) =>
        relation === branch[0]!.relation && (answer === branch[0]!.answer) === wanted,
    ),
  );
  return facts.length === 0 ? null : { kind: 'same', branches: [branch, [pickOne(facts, rng)]] };
};

const family = ['father', 'mother', 'spouse'];

/** Relatives of relatives: grandparents and parents-in-law. */
const inference = (pool: FactPool, rng: Rng): Plan | null => {
  const branch = walk(pickOne(pool.entities, rng), 2, pool, rng);
  if (!branch?.every(({ relation }) => family.includes(relation.id))) return null;
  return { kind: 'chain', branches: [branch] };
};

/** Asks for the subject; only where no other of its type has the same object. */
const inverse = (pool: FactPool, rng: Rng): Plan | null => {
  const branch = walk(pickOne(pool.entities, rng), 1, pool, rng);
  const fact = branch?.[0];
  if (!fact?.object || fact.subject.type.name === 'person') return null;
  const sharing = pool.entities.filter(
    ({ type, facts }) =>
      type === fact.subject.type &&
      facts.some((one) => one.relation === fact.relation && one.answer === fact.answer),
  );
  return sharing.length === 1 ? { kind: 'inverse', branches: [[fact]] } : null;
};

/** The six sets, analogues of the paper's. */
export const atlasSets: readonly SetSpec[] = [
  {
    name: 'atlas-nq',
    style: 'search',
    heldOut: false,
    trainingShare: 0.15,
    kinds: [{ type: 'single', draw: chain(1) }],
  },
  {
    name: 'atlas-triviaqa',
    style: 'trivia',
    heldOut: false,
    trainingShare: 0.25,
    kinds: [
      { type: 'single', draw: chain(1) },
      { type: 'single', draw: chain(1) },
      { type: 'single', draw: chain(1) },
      { type: 'inverse', draw: inverse },
    ],
  },
  {
    name: 'atlas-hotpotqa',
    style: 'plain',
    heldOut: false,
    trainingShare: 0.18,
    kinds: [
      { type: 'bridge', draw: chain(2) },
      { type: 'bridge', draw: chain(2) },
      { type: 'comparison', draw: compareYears(1) },
      { type: 'comparison', draw: compareSame },
    ],
  },
  {
    name: 'atlas-2wiki',
    style: 'plain',
    heldOut: false,
    trainingShare: 0.17,
    kinds: [
      { type: 'compositional', draw: chain(2) },
      { type: 'inference', draw: inference },
      { type: 'bridge_comparison', draw: compareYears(2) },
    ],
  },
  {
    name: 'atlas-musique',
    style: 'plain',
    heldOut: false,
    trainingShare: 0.25,
    kinds: [
      { type: '2hop', draw: chain(2) },
      { type: '3hop', draw: chain(3) },
      { type: '4hop', draw: chain(4) },
    ],
  },
  {
    name: 'atlas-bamboogle',
    style: 'plain',
    heldOut: true,
    trainingShare: 0,
    kinds: [{ type: '2hop', draw: chain(2) }],
  },
];
