import type { Step } from '@coa/core';
import {
  letterOf,
  logprobCode,
  type PackedPieces,
  type PackedStep,
  type PackedText,
  type PackedTokens,
  type PackedView,
  packedUsage,
} from './client/packed.ts';
import {
  type NoTokens,
  type TokensView,
  type TrajectoryView,
  tokenKinds,
  tokenSources,
} from './client/payload.ts';
import type { SharedTexts } from './shared-texts.ts';

/** Token texts with their ids, numbered as they come: what comes often comes early. */
export type Pieces = { numberOf(text: string, id: number): number; all(): PackedPieces };

export const piecesInUse = (): Pieces => {
  const numbers = new Map<number, Map<string, number>>();
  const [texts, ids]: [string[], number[]] = [[], []];
  const add = (text: string, id: number, ofId: Map<string, number>): number => {
    numbers.set(id, ofId.set(text, ids.length));
    texts.push(text);
    return ids.push(id) - 1;
  };
  return {
    numberOf: (text, id) => {
      const ofId = numbers.get(id) ?? new Map<string, number>();
      return ofId.get(text) ?? add(text, id, ofId);
    },
    all: () => ({ texts, ids }),
  };
};

const packStep = (step: Step, { share }: SharedTexts): PackedStep => {
  switch (step.kind) {
    case 'think':
    case 'answer':
    case 'action':
      return step;
    case 'observation':
      return {
        kind: 'observation',
        text: step.text.split('\n').map(share),
        passageIds: step.passageIds.map(share),
        failure: step.failure,
      };
  }
};

/** What the policy wrote is its own; what it was given others were given too, line by line. */
const packPieces = (tokens: TokensView, shared: SharedTexts, pieces: Pieces): PackedText[] => {
  const packed: PackedText[] = [];
  let line = '';
  const close = (from: number): void => {
    if (line !== '') packed.push(tokens.sources[from] === 'sampled' ? line : shared.share(line));
    line = '';
  };
  tokens.texts.forEach((text, i) => {
    if (i > 0 && tokens.sources[i] !== tokens.sources[i - 1]) close(i - 1);
    line += letterOf(pieces.numberOf(text, tokens.ids[i]!));
    if (text.includes('\n')) close(i);
  });
  close(tokens.texts.length - 1);
  return packed;
};

const runsOf = ({ kinds, sources }: TokensView): number[] => {
  const runs: number[] = [];
  kinds.forEach((kind, i) => {
    const code = 3 * tokenKinds.indexOf(kind) + tokenSources.indexOf(sources[i]!);
    if (runs.at(-2) === code) runs[runs.length - 1]! += 1;
    else runs.push(code, 1);
  });
  return runs;
};

const packTokens = (
  tokens: TokensView | NoTokens,
  shared: SharedTexts,
  pieces: Pieces,
): PackedTokens | NoTokens =>
  tokens.kind === 'none'
    ? tokens
    : {
        kind: 'tokens',
        pieces: packPieces(tokens, shared, pieces),
        runs: runsOf(tokens),
        logprobs: tokens.logprobs.map((value) => letterOf(logprobCode(value))).join(''),
      };

/** A view with what it shares with others stored once; times to the hundredth of a second. */
export const packView = (view: TrajectoryView, shared: SharedTexts, pieces: Pieces): PackedView => {
  const { question, arm, repeat, seed, seconds, metrics, ended } = view;
  return {
    question: shared.share(JSON.stringify(question)),
    ...{ arm, repeat, seed },
    seconds: seconds === null ? null : Math.round(100 * seconds) / 100,
    metrics: {
      names: shared.share(JSON.stringify(Object.keys(metrics))),
      values: Object.values(metrics),
    },
    ended:
      ended.kind === 'error'
        ? ended
        : {
            ...ended,
            steps: ended.steps.map((step) => packStep(step, shared)),
            tokens: packTokens(ended.tokens, shared, pieces),
            usage: packedUsage(ended.usage),
          },
  };
};
