import { type Rng, seededRng } from '@coa/core';
import { answerOf, type Plan } from './questions.ts';
import { type Fact, fill, mention, objectMention, pickOne, sentence, type World } from './world.ts';

/** What a planner writes next: a search, or the answer. */
export type PlannedTurn =
  | { readonly kind: 'search'; readonly thought: string; readonly query: string }
  | { readonly kind: 'answer'; readonly thought: string; readonly answer: string }
  /** The facts were not found within its tries. */
  | { readonly kind: 'lost'; readonly thought: string };

/** Searches for one fact before it is given up. */
const mostTries = 3;

/** `the director of The Amber Gate` */
const wanted = (fact: Fact, { bearers }: World): string =>
  fill(fact.relation.phrase[0]!, { s: mention(fact.subject, bearers) });

/** `the film whose director is Tala Oskel`, for a question that runs backwards. */
const wantedSubject = (fact: Fact, { bearers }: World): string =>
  `the ${fact.subject.type.noun} whose ${fact.relation.id} is ${objectMention(fact, bearers)}`;

const need = (fact: Fact, plan: Plan, world: World): string =>
  `I need ${plan.kind === 'inverse' ? wantedSubject(fact, world) : wanted(fact, world)}.`;

/** `The director of The Amber Gate is Tala Oskel.` */
export const statedFact = (fact: Fact, world: World): string =>
  `${sentence(wanted(fact, world))} is ${objectMention(fact, world.bearers)}.`;

const found = (fact: Fact, plan: Plan, world: World): string => {
  const { bearers } = world;
  return plan.kind === 'inverse'
    ? `${sentence(wantedSubject(fact, world))} is ${mention(fact.subject, bearers)}.`
    : statedFact(fact, world);
};

/** From the facts to the answer, where that takes a step of its own. */
const conclusion = (plan: Plan): string => {
  const ends = plan.branches.map((branch) => branch.at(-1)!.answer) as [string, string];
  switch (plan.kind) {
    case 'chain':
    case 'inverse':
      return '';
    case 'same':
      return ` These are ${ends[0] === ends[1] ? '' : 'not '}the same.`;
    case 'earlier':
    case 'later': {
      const [low, high] = [...ends].sort();
      const asked =
        plan.kind === 'earlier' ? `${low} is earlier than ${high}` : `${high} is later than ${low}`;
      return ` ${sentence(asked)}. So it is ${answerOf(plan)}.`;
    }
  }
};

const queryFor = (fact: Fact, plan: Plan, tries: number, rng: Rng, { bearers }: World): string => {
  const { subject, relation } = fact;
  if (plan.kind === 'inverse') {
    const words = relation.queries[tries] ?? relation.id;
    return `${subject.type.noun} ${words} ${fact.answer}`;
  }
  const ambiguous = (bearers.get(subject.name) ?? 1) > 1;
  const name = ambiguous ? `${subject.name} ${subject.descriptor}` : subject.name;
  if (tries === 0) return `${name} ${relation.queries[Math.floor(rng() * 2)]}`;
  return tries === 1
    ? fill(subject.type.second, { s: name })
    : `${subject.descriptor} ${subject.name} ${relation.queries[2]}`;
};

/** What each passage states, by its title. */
const statedUnder = new WeakMap<World, Map<string, Fact[]>>();

const factsUnder = (world: World): Map<string, Fact[]> => {
  const known = statedUnder.get(world);
  if (known) return known;
  const titles = new Map(world.passages.map(({ id, title }) => [id, title]));
  const made = new Map<string, Fact[]>();
  for (const [fact, { passageId }] of world.statements) {
    const title = titles.get(passageId)!;
    made.set(title, [...(made.get(title) ?? []), fact]);
  }
  statedUnder.set(world, made);
  return made;
};

/** The first fact of the same relation that an observation states about something else. */
const mistaken = (fact: Fact, observation: string, world: World): Fact | undefined =>
  [...observation.matchAll(/^ ?result \d+: "(.*)"$/gm)]
    .flatMap(([, title]) => factsUnder(world).get(title!) ?? [])
    .find(
      (other) =>
        other.relation === fact.relation &&
        other.answer !== fact.answer &&
        observation.includes(world.statements.get(other)!.sentence),
    );

/** The last fact is looked for carelessly, and whatever the search shows is believed. */
const hastyTurn = (
  plan: Plan,
  observations: readonly string[],
  world: World,
  said: string,
): PlannedTurn => {
  const fact = plan.branches[0]!.at(-1)!;
  const { subject, relation } = fact;
  const query = `${subject.type.noun} ${relation.queries[2] ?? relation.id}`;
  const wrong = mistaken(fact, observations.at(-1) ?? '', world);
  if (wrong && said !== '') {
    const thought = `${sentence(wanted(fact, world))} is ${objectMention(wrong, world.bearers)}.`;
    return { kind: 'answer', thought, answer: wrong.answer };
  }
  return { kind: 'search', thought: `${said} ${need(fact, plan, world)}`.trim(), query };
};

/** Reads the observations in order: which facts they have stated so far, and how often the next was looked for in vain. */
const progress = (plan: Plan, observations: readonly string[], { statements }: World) => {
  const facts = plan.branches.flat();
  const states = (text: string, fact: Fact): boolean =>
    text.includes(statements.get(fact)!.sentence);
  let [have, tries, newly] = [0, 0, 0];
  observations.forEach((_, i) => {
    const before = have;
    const seen = observations.slice(0, i + 1);
    while (have < facts.length && seen.some((text) => states(text, facts[have]!))) have++;
    newly = have - before;
    tries = newly > 0 ? 0 : tries + 1;
  });
  return { facts, have, tries, newly };
};

/**
 * The next turn of a teacher that reads the reasoning graph: it looks for one fact after the other, believes only what
 * an observation states, and words its search anew where it finds nothing.
 */
export const plannedTurn = (
  plan: Plan,
  observations: readonly string[],
  world: World,
  { seed, hasty = false }: { readonly seed: number; readonly hasty?: boolean },
): PlannedTurn => {
  const { facts, have, tries, newly } = progress(plan, observations, world);
  const learned = facts.slice(have - newly, have).map((fact) => found(fact, plan, world));
  const missed = observations.length > 0 && newly === 0 ? ['The results do not say.'] : [];
  const said = [...learned, ...missed];
  const next = facts[have];
  if (!next) {
    return {
      kind: 'answer',
      thought: `${said.join(' ')}${conclusion(plan)}`,
      answer: answerOf(plan),
    };
  }
  if (hasty && plan.kind === 'chain' && have === facts.length - 1 && tries < 2)
    return hastyTurn(plan, observations, world, said.join(' '));
  if (tries >= mostTries) return { kind: 'lost', thought: said.join(' ') };
  const thought = [...said, need(next, plan, world)].join(' ');
  return { kind: 'search', thought, query: queryFor(next, plan, tries, seededRng(seed), world) };
};

/** The same reasoning from memory, or from a text at hand: no search. `lead` stands before each fact, e.g. `I recall that`. */
export const recalledThought = (plan: Plan, world: World, lead: string): string => {
  const steps = plan.branches.flat().flatMap((fact) => {
    const said = found(fact, plan, world);
    const stated = lead === '' ? said : `${lead} ${said[0]!.toLowerCase()}${said.slice(1)}`;
    return [need(fact, plan, world), stated];
  });
  return steps.join(' ') + conclusion(plan);
};

export const pickLead = (rng: Rng): string => pickOne(['I recall that', 'I remember that'], rng);
