import type { Observation, Question, Step } from '@coa/core';
import { element } from './dom.ts';
import { goldRanges, type Range } from './gold.ts';
import { goldMark, isGold, passagesOf } from './passages.ts';
import type { TokenKind, TokenSource, TokensView } from './payload.ts';
import { partIcons, partLabels } from './steps.ts';

/** What the tokens are marked by. */
export const tokenMarks = ['parts', 'loss', 'logprob'] as const;

export type TokenMark = (typeof tokenMarks)[number];

/** What a loss makes of a token, in words. */
export const lossTexts: Readonly<Record<TokenSource, string>> = {
  sampled: 'counted by the loss',
  observation: 'counted only where observations are learnt',
  given: 'not counted: given, not written by the policy',
};

/** Tokens from..to of one part. */
export type Part = Range & { readonly kind: TokenKind };

/** Consecutive tokens of one kind. */
export const partsOf = (kinds: readonly TokenKind[]): Part[] => {
  const parts: Part[] = [];
  kinds.forEach((kind, i) => {
    const open = parts.at(-1);
    if (open?.kind === kind) parts[parts.length - 1] = { ...open, to: i + 1 };
    else parts.push({ kind, from: i, to: i + 1 });
  });
  return parts;
};

/** Share of probability that the token did not have. */
const surprise = (logprob: number): number => 1 - Math.exp(logprob);

/** A fragment of a character gets a sign; a line's end that would leave an empty line is its sign alone. */
const shownText = (text: string, empty: boolean): HTMLElement | string => {
  if (text === '') return element('span', { class: 'fragment' }, '·');
  return empty ? '' : text;
};

const onlyLineEnds = /^[^\S\n]*\n\s*$/;

/** Whether the lines that a token ends hold nothing of its part. */
const endsEmptyLine = ({ texts }: TokensView, i: number, { from, to }: Range): boolean =>
  onlyLineEnds.test(texts[i]!) && (i === from || i === to - 1 || /\n$/.test(texts[i - 1]!));

const tokenSpan = (view: TokensView, i: number, gold: boolean, part: Range): HTMLElement => {
  const [text, logprob] = [view.texts[i]!, view.logprobs[i] ?? null];
  const span = element(
    'span',
    {
      class: gold ? 'token gold-answer' : 'token',
      tabindex: '-1',
      'data-token': String(i),
      'data-source': view.sources[i]!,
      'data-newline': onlyLineEnds.test(text),
    },
    shownText(text, endsEmptyLine(view, i, part)),
  );
  if (logprob !== null) span.style.setProperty('--surprise', surprise(logprob).toFixed(3));
  return span;
};

/** Spans of the tokens from..to, those on an accepted answer marked. */
const spans = (view: TokensView, { from, to }: Range, golds: readonly string[]): HTMLElement[] => {
  const texts = view.texts.slice(from, to);
  const ranges = goldRanges(texts.join(''), golds);
  const onGold = (start: number, end: number): boolean =>
    ranges.some((range) => range.from < end && start < range.to);
  let at = 0;
  return texts.map((text, i) => {
    const [start, end] = [at, at + text.length];
    at = end;
    return tokenSpan(view, from + i, onGold(start, end), { from, to });
  });
};

const line = (nodes: readonly HTMLElement[]): HTMLElement =>
  element('p', { class: 'tokens' }, ...nodes);

/** First tokens of the passages that a part shows, after what comes before them. */
const passageStarts = (texts: readonly string[], passages: readonly Range[]): number[] => {
  const starts: number[] = [];
  let at = 0;
  texts.forEach((text, i) => {
    const end = at + text.length;
    while (starts.length < passages.length && passages[starts.length]!.from < end) starts.push(i);
    at = end;
  });
  return starts;
};

/** An observation's tokens, its gold passages framed where they can be told apart. */
const observationLines = (
  view: TokensView,
  part: Part,
  question: Question,
  observation: Observation | undefined,
): HTMLElement[] => {
  const golds = question.golds;
  const all = spans(view, part, golds);
  const texts = view.texts.slice(part.from, part.to);
  const text = texts.join('');
  const inside = text.indexOf('result 1:');
  const passages =
    observation && inside >= 0
      ? passagesOf(text.slice(inside), observation.passageIds)?.map((one) => ({
          ...one,
          from: one.from + inside,
        }))
      : undefined;
  if (!passages) return [line(all)];
  const starts = passageStarts(
    texts,
    passages.map(({ from, to }) => ({ from, to })),
  );
  const groups = passages.map(({ id }, i) => {
    const gold = id !== null && isGold(question, id);
    return element(
      'div',
      { class: gold ? 'passage is-gold' : 'passage' },
      gold && element('p', { class: 'gold-note' }, goldMark()),
      line(all.slice(starts[i], starts[i + 1])),
    );
  });
  return starts[0]! > 0 ? [line(all.slice(0, starts[0])), ...groups] : groups;
};

const counted = ({ sources }: TokensView, { from, to }: Range): number =>
  sources.slice(from, to).filter((source) => source === 'sampled').length;

/** How long a part is and what a loss makes of it, in words. */
export const partNote = (view: TokensView, part: Part): string => {
  const length = part.to - part.from;
  const tokens = `${length} ${length === 1 ? 'token' : 'tokens'}`;
  const inLoss = counted(view, part);
  if (inLoss === length) return `${tokens}, counted by the loss`;
  if (inLoss > 0) return `${tokens}, ${inLoss} counted by the loss`;
  return part.kind === 'observation'
    ? `${tokens}, counted only where observations are learnt`
    : `${tokens}, not counted`;
};

const heading = (view: TokensView, part: Part): HTMLElement[] => [
  element('span', { class: 'sign', 'aria-hidden': 'true' }, partIcons[part.kind]),
  element('span', {}, partLabels[part.kind]),
  element('span', { class: 'part-note' }, ` ${partNote(view, part)}`),
];

const partItem = (
  view: TokensView,
  part: Part,
  question: Question,
  observation: Observation | undefined,
): HTMLElement => {
  if (part.kind === 'prompt') {
    const folded = element('details', {}, element('summary', {}, ...heading(view, part)));
    folded.append(line(spans(view, part, [])));
    return element('li', { class: 'step', 'data-kind': 'prompt' }, folded);
  }
  const lines =
    part.kind === 'observation'
      ? observationLines(view, part, question, observation)
      : [line(spans(view, part, []))];
  const title = element('h4', {}, ...heading(view, part));
  return element('li', { class: 'step', 'data-kind': part.kind }, title, ...lines);
};

/** A trajectory token by token: its parts in order, each token a span with `data-token`. */
export const tokenParts = (
  view: TokensView,
  question: Question,
  steps: readonly Step[],
): HTMLElement => {
  const observations = steps.filter((step) => step.kind === 'observation');
  let seen = 0;
  return element(
    'ol',
    { class: 'steps' },
    ...partsOf(view.kinds).map((part) =>
      partItem(
        view,
        part,
        question,
        part.kind === 'observation' ? observations[seen++] : undefined,
      ),
    ),
  );
};
