import type { Question } from '@coa/core';
import { endings, type ReportIndex, type TrajectoryView } from './client/payload.ts';

const listedCharacters = 160;

/** The beginning of a text, no character cut in two. */
const short = (text: string): string => {
  const letters = [...text.slice(0, 2 * listedCharacters)];
  const line = letters.slice(0, listedCharacters).join('');
  return line.length < text.length ? `${line}…` : line;
};

/** Names in order of first use, and their numbers. */
export type Numbering = { readonly names: readonly string[]; numberOf(name: string): number };

export const numbering = (): Numbering => {
  const numbers = new Map<string, number>();
  const names: string[] = [];
  const numberOf = (name: string): number => {
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, names.length);
    return names.push(name) - 1;
  };
  return { names, numberOf };
};

const questionColumns = (sets: Numbering) => {
  const numbers = numbering();
  const columns = {
    set: [] as number[],
    id: [] as string[],
    text: [] as string[],
    known: [] as (boolean | null)[],
  };
  const numberOf = ({ dataset, id, text, known }: Question): number => {
    const number = numbers.numberOf(JSON.stringify([dataset, id, short(text)]));
    if (number === columns.id.length) {
      columns.set.push(sets.numberOf(dataset));
      columns.id.push(id);
      columns.text.push(short(text));
      columns.known.push(known ?? null);
    }
    return number;
  };
  return { columns, numberOf };
};

const rounded = (value: number | null | undefined): number | null =>
  value === null || value === undefined ? null : Math.round(1000 * value) / 1000;

const emptyEntries = () => ({
  question: [] as number[],
  arm: [] as number[],
  repeat: [] as number[],
  exactMatch: [] as (number | null)[],
  tokenF1: [] as (number | null)[],
  ending: [] as number[],
  actions: [] as number[],
  said: [] as (number | null)[],
});

/** Makes the list's columns, trajectory by trajectory. */
export const indexColumns = (): { add(view: TrajectoryView): void; index(): ReportIndex } => {
  const [sets, arms, said] = [numbering(), numbering(), numbering()];
  const questions = questionColumns(sets);
  const entries = emptyEntries();
  const add = ({ question, arm, repeat, metrics, ended }: TrajectoryView): void => {
    const failed = ended.kind === 'error';
    const words = failed ? ended.message : ended.prediction;
    const steps = failed ? [] : ended.steps;
    entries.question.push(questions.numberOf(question));
    entries.arm.push(arms.numberOf(arm));
    entries.repeat.push(repeat);
    entries.exactMatch.push(rounded(metrics.exactMatch));
    entries.tokenF1.push(rounded(metrics.tokenF1));
    entries.ending.push(endings.indexOf(failed ? 'error' : ended.stop));
    entries.actions.push(steps.filter(({ kind }) => kind === 'action').length);
    entries.said.push(words === null ? null : said.numberOf(short(words)));
  };
  const index = (): ReportIndex => ({
    sets: sets.names,
    arms: arms.names,
    questions: questions.columns,
    said: said.names,
    entries,
  });
  return { add, index };
};
