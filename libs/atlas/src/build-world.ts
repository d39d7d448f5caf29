import { deriveSeed, groupBy, type Rng, seededRng } from '@coa/core';
import { createRealm } from './create-entities.ts';
import { atlasSpec } from './spec/index.ts';
import type { WorldSpec } from './spec/spec.ts';
import { type Entity, pickOne, type RealmPlan, type World } from './world.ts';
import { type Surroundings, writePassages } from './write-passages.ts';

/** Atlas: over 20,000 passages; test entities in realms of their own, some of each split known. */
export const atlasRealms: readonly RealmPlan[] = [
  { split: 'train', known: true, entities: 600 },
  { split: 'dev', known: true, entities: 100 },
  { split: 'test', known: true, entities: 300 },
  ...Array.from({ length: 8 }, () => ({ split: 'train', known: false, entities: 1000 }) as const),
  { split: 'dev', known: false, entities: 1000 },
  ...Array.from({ length: 5 }, () => ({ split: 'test', known: false, entities: 1000 }) as const),
];

export const atlasSeed = 2503;

/** What a passage about an entity of this world is written among. */
export const surroundings = (
  entities: readonly Entity[],
  bearers: ReadonlyMap<string, number>,
  { fillers }: WorldSpec,
): Surroundings => {
  const byType = groupBy(entities, ({ type, realm }) => `${realm} ${type.name}`);
  const other = ({ type, realm, name }: Entity, rng: Rng): string => {
    const others = byType.get(`${realm} ${type.name}`)!;
    const drawn = pickOne(others, rng).name;
    return drawn === name ? others.find((one) => one.name !== name)!.name : drawn;
  };
  return { bearers, fillers, other };
};

/** Builds a world: entities, facts and passages follow from the seed alone. `reserved` names are left to others. */
export const buildWorld = (
  seed: number,
  realms: readonly RealmPlan[],
  {
    spec = atlasSpec,
    reserved = new Set<string>(),
  }: { readonly spec?: WorldSpec; readonly reserved?: ReadonlySet<string> } = {},
): World => {
  const names = { taken: new Set<string>(), reserved, given: new Map<string, string[]>() };
  const entities = realms.flatMap((plan, realm) => createRealm(spec, plan, { seed, realm, names }));
  const bearers = new Map<string, number>();
  for (const { name } of entities) bearers.set(name, (bearers.get(name) ?? 0) + 1);
  const around = surroundings(entities, bearers, spec);
  const written = entities.map((entity) =>
    writePassages(entity, around, seededRng(deriveSeed(seed, 'passages', entity.id))),
  );
  return {
    seed,
    spec,
    realms,
    entities,
    bearers,
    passages: written.flatMap(({ passages }) => passages),
    statements: new Map(written.flatMap(({ statements }) => statements)),
  };
};
