/** The form of Atlas's data: what exists, how it is named, what is said about it and how it is asked for. */

/** Something that is no entity: a year in a range, a rounded number, or one of a list. */
export type LiteralSpec =
  | { readonly kind: 'year'; readonly from: number; readonly to: number }
  | {
      readonly kind: 'number';
      readonly from: number;
      readonly to: number;
      readonly step: number;
    }
  | { readonly kind: 'pick'; readonly from: string };

export type RelationSpec = {
  /** Unique within its type. */
  readonly id: string;
  /** An entity type's name, or a literal. */
  readonly to: string | LiteralSpec;
  /** Statements: {s} is the subject's name, {p} a pronoun or noun for it, {o} the object. Each holds {s} or {p}. */
  readonly says: readonly string[];
  /** Noun phrases with {s}: `the director of {s}`. */
  readonly phrase: readonly string[];
  /** Questions with {s}, as one types them into a search box. */
  readonly asks: readonly string[];
  /** Words that one adds to a name to search for it, likely ones first. */
  readonly queries: readonly string[];
};

export type TypeSpec = {
  readonly name: string;
  /** What it is called in running text: `film`. For people their occupation stands there. */
  readonly noun: string;
  /** {p} after the first sentence. */
  readonly pronoun: readonly string[];
  /** Patterns over the word pools: `The {adjective} {noun}`. */
  readonly names: readonly string[];
  /** Entities per 1,000 of a realm. */
  readonly share: number;
  /** First sentences: {s} the name, {d} what it is, {a} the article before that. */
  readonly leads: readonly string[];
  /** Title of a second passage, which then holds some of the facts. */
  readonly second: string;
  readonly secondLeads: readonly string[];
  /** Sentences that state nothing that is asked for; {other} is the name of another entity of the type. */
  readonly fillers: readonly string[];
  readonly relations: readonly RelationSpec[];
};

export type WorldSpec = {
  readonly pools: Readonly<Record<string, readonly string[]>>;
  readonly picks: Readonly<Record<string, readonly string[]>>;
  readonly types: readonly TypeSpec[];
  /** Sentences that say nothing about anything, for passages that are still too short. */
  readonly fillers: readonly string[];
};
