import { deriveSeed, groupBy, type Rng, seededRng } from '@coa/core';
import type { LiteralSpec, RelationSpec, TypeSpec, WorldSpec } from './spec/spec.ts';
import { type Entity, type Fact, pickOne, type RealmPlan } from './world.ts';

/** Tries for a name that is free before a pool counts as used up. */
const mostTries = 2_000;

/** Every {pool} of a pattern drawn anew, so that `The {noun} and the {noun}` names two. */
const drawName = (pattern: string, { pools }: WorldSpec, rng: Rng): string =>
  pattern.replace(/\{(\w+)\}/g, (_, pool: string) => {
    const words = pools[pool];
    if (!words)
      throw new Error(`name pattern '${pattern}' asks for the pool '${pool}'; there is none`);
    return pickOne(words, rng);
  });

const describe = (type: TypeSpec, { picks }: WorldSpec, rng: Rng): string =>
  type.name === 'person' ? pickOne(picks.occupation!, rng) : type.noun;

export type Names = {
  /** `descriptor name` of every entity. */
  readonly taken: Set<string>;
  /** Nobody's here. */
  readonly reserved: ReadonlySet<string>;
  /** Names given so far, by the first pattern of their type: novels, films and albums share theirs. */
  readonly given: Map<string, string[]>;
};

/** Share of entities that get a name which another one of their kind bears already. */
const namesakeShare = 0.1;

const proposeName = (type: TypeSpec, spec: WorldSpec, names: Names, rng: Rng): string => {
  const earlier = names.given.get(type.names[0]!) ?? [];
  return rng() < namesakeShare && earlier.length > 0
    ? pickOne(earlier, rng)
    : drawName(pickOne(type.names, rng), spec, rng);
};

const named = (type: TypeSpec, spec: WorldSpec, names: Names, rng: Rng) => {
  for (let tries = 0; tries < mostTries; tries++) {
    const name = proposeName(type, spec, names, rng);
    const descriptor = describe(type, spec, rng);
    const key = `${descriptor} ${name}`;
    if (names.taken.has(key) || names.reserved.has(name)) continue;
    names.taken.add(key);
    const family = type.names[0]!;
    const given = names.given.get(family);
    if (given) given.push(name);
    else names.given.set(family, [name]);
    return { name, descriptor };
  }
  throw new Error(
    `no free name for another ${type.name} after ${mostTries} tries; enlarge its pools`,
  );
};

const countOf = ({ share }: TypeSpec, entities: number): number =>
  Math.max(2, Math.round((share * entities) / 1000));

const literal = (spec: LiteralSpec, { picks }: WorldSpec, rng: Rng): string => {
  switch (spec.kind) {
    case 'year':
      return String(spec.from + Math.floor(rng() * (spec.to - spec.from + 1)));
    case 'number':
      return String(
        spec.from + spec.step * Math.floor(rng() * ((spec.to - spec.from) / spec.step)),
      );
    case 'pick':
      return pickOne(picks[spec.from]!, rng);
  }
};

const factOf = (
  subject: Entity,
  relation: RelationSpec,
  byType: ReadonlyMap<string, readonly Entity[]>,
  { spec, rng }: { readonly spec: WorldSpec; readonly rng: Rng },
): Fact => {
  if (typeof relation.to !== 'string') {
    return { subject, relation, object: null, answer: literal(relation.to, spec, rng) };
  }
  const others = byType.get(relation.to)!.filter((other) => other !== subject);
  const object = pickOne(others, rng);
  return { subject, relation, object, answer: object.name };
};

/** Share of a type's relations that an entity has. */
const factShare = 0.8;

/** The entities of one realm and the facts between them. */
export const createRealm = (
  spec: WorldSpec,
  plan: RealmPlan,
  place: { readonly seed: number; readonly realm: number; readonly names: Names },
): Entity[] => {
  const rng = seededRng(deriveSeed(place.seed, 'realm', place.realm));
  const entities = spec.types.flatMap((type) =>
    Array.from({ length: countOf(type, plan.entities) }, (_, i): Entity => {
      const id = `${place.realm}-${type.name}-${i}`;
      return { id, type, ...named(type, spec, place.names, rng), realm: place.realm, facts: [] };
    }),
  );
  const byType = groupBy(entities, ({ type }) => type.name);
  for (const entity of entities) {
    const relations = entity.type.relations.filter((_, i) => i < 1 || rng() < factShare);
    entity.facts.push(
      ...relations.map((relation) => factOf(entity, relation, byType, { spec, rng })),
    );
  }
  return entities;
};
