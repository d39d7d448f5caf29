import { type Passage, type Rng, shuffled } from '@coa/core';
import {
  type Entity,
  type Fact,
  fill,
  objectMention,
  pickOne,
  type Statement,
  sentence,
} from './world.ts';

const wordsIn = (text: string): number => text.split(/\s+/).length;

const fewestWords = 40;
const mostWords = 80;
/** Longest sentence of the data with its names filled in; a passage takes no further fact beyond `mostWords` less this. */
const room = 16;
/** Share of entities that have a second passage, which then holds about half of the facts. */
const splitShare = 0.45;

export type Surroundings = {
  readonly bearers: ReadonlyMap<string, number>;
  /** For passages that are still too short. */
  readonly fillers: readonly string[];
  /** Name of another entity of the same type, for the sentences that mislead. */
  readonly other: (entity: Entity, rng: Rng) => string;
};

/** A title that no other entity's passage has. */
export const titleOf = ({ name, descriptor }: Entity, bearers: Surroundings['bearers']): string =>
  (bearers.get(name) ?? 1) > 1 ? `${name} (${descriptor})` : name;

const state = (fact: Fact, { bearers }: Surroundings, rng: Rng): string => {
  const { subject, relation } = fact;
  const p = pickOne(subject.type.pronoun, rng);
  const said = fill(pickOne(relation.says, rng), {
    s: subject.name,
    p,
    o: objectMention(fact, bearers),
  });
  return sentence(said);
};

type Draft = { readonly sentences: string[]; readonly stated: [Fact, string][] };

const draft = (
  lead: string,
  facts: readonly Fact[],
  entity: Entity,
  { around, rng }: { readonly around: Surroundings; readonly rng: Rng },
): { readonly draft: Draft; readonly left: readonly Fact[] } => {
  const made: Draft = { sentences: [lead], stated: [] };
  const left: Fact[] = [];
  const fillers = shuffled(entity.type.fillers, rng);
  const addFiller = (): void => {
    const filler = fillers.pop();
    if (filler) made.sentences.push(fill(filler, { other: around.other(entity, rng) }));
  };
  for (const fact of facts) {
    if (wordsIn(made.sentences.join(' ')) > mostWords - room) left.push(fact);
    else {
      const said = state(fact, around, rng);
      made.sentences.push(said);
      made.stated.push([fact, said]);
      if (rng() < 0.25 && wordsIn(made.sentences.join(' ')) <= mostWords - 2 * room) addFiller();
    }
  }
  fillers.unshift(...shuffled(around.fillers, rng));
  while (wordsIn(made.sentences.join(' ')) < fewestWords && fillers.length > 0) addFiller();
  return { draft: made, left };
};

/**
 * The one or two passages about an entity, 40 to 80 words each, worded by the generator: another one gives another
 * wording of the same facts.
 */
export const writePassages = (
  entity: Entity,
  around: Surroundings,
  rng: Rng,
): { readonly passages: Passage[]; readonly statements: [Fact, Statement][] } => {
  const { type, name, descriptor, facts } = entity;
  const title = titleOf(entity, around.bearers);
  const mixed = shuffled(facts, rng);
  const splits = facts.length > 3 && rng() < splitShare;
  const cut = splits ? Math.ceil(facts.length / 2) : facts.length;
  const article = /^[aeiou]/.test(descriptor) ? 'an' : 'a';
  const lead = fill(pickOne(type.leads, rng), { s: name, d: descriptor, a: article });
  const first = draft(lead, mixed.slice(0, cut), entity, { around, rng });
  const rest = [...first.left, ...mixed.slice(cut)];
  const drafts = [{ title, ...first }];
  if (rest.length > 0) {
    const second = draft(fill(pickOne(type.secondLeads, rng), { s: name }), rest, entity, {
      around,
      rng,
    });
    drafts.push({ title: fill(type.second, { s: title }), ...second });
  }
  const ids = drafts.map((_, i) => `atlas-${entity.id}-${i}`);
  return {
    passages: drafts.map((one, i) => ({
      id: ids[i]!,
      title: one.title,
      text: one.draft.sentences.join(' '),
    })),
    statements: drafts.flatMap((one, i) =>
      one.draft.stated.map(([fact, said]): [Fact, Statement] => [
        fact,
        { passageId: ids[i]!, sentence: said },
      ]),
    ),
  };
};
