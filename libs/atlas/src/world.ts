import type { Passage } from '@coa/core';
import type { RelationSpec, TypeSpec, WorldSpec } from './spec/spec.ts';

/** A closed part of a world: its facts stay inside, so questions of one realm never touch another. */
export type RealmPlan = {
  readonly split: 'train' | 'dev' | 'test';
  /** The base model reads about it in pretraining. */
  readonly known: boolean;
  readonly entities: number;
};

export type Entity = {
  /** Unique in its world. */
  readonly id: string;
  readonly type: TypeSpec;
  readonly name: string;
  /** What it is: the type's noun, a person's occupation. Name and descriptor together are unique. */
  readonly descriptor: string;
  readonly realm: number;
  readonly facts: Fact[];
};

export type Fact = {
  readonly subject: Entity;
  readonly relation: RelationSpec;
  /** null for years, numbers and words. */
  readonly object: Entity | null;
  /** The object's name, or the literal: what an answer would be. */
  readonly answer: string;
};

/** Where a fact stands in the corpus, and in which words. */
export type Statement = { readonly passageId: string; readonly sentence: string };

export type World = {
  readonly seed: number;
  readonly spec: WorldSpec;
  readonly realms: readonly RealmPlan[];
  readonly entities: readonly Entity[];
  readonly passages: readonly Passage[];
  readonly statements: ReadonlyMap<Fact, Statement>;
  /** How many entities bear a name. */
  readonly bearers: ReadonlyMap<string, number>;
};

/** `film:director` */
export const relationKey = ({ subject, relation }: Fact): string =>
  `${subject.type.name}:${relation.id}`;

/** How an entity is spoken of: by name where one bears it, else with what it is. */
export const mention = (
  { name, descriptor }: Entity,
  bearers: ReadonlyMap<string, number>,
): string => ((bearers.get(name) ?? 1) > 1 ? `the ${descriptor} ${name}` : name);

/** The object as a passage or a thought speaks of it. */
export const objectMention = (
  { object, answer }: Fact,
  bearers: ReadonlyMap<string, number>,
): string => (object ? mention(object, bearers) : answer);

export const fill = (pattern: string, values: Readonly<Record<string, string>>): string =>
  pattern.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);

export const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}`;

export const pickOne = <T>(items: readonly T[], rng: () => number): T =>
  items[Math.floor(rng() * items.length)]!;
