import type { Question, Step } from '@coa/core';
import {
  logprobOf,
  numberOf,
  type PackedPieces,
  type PackedStep,
  type PackedText,
  type PackedTokens,
  type PackedView,
} from './packed.ts';
import {
  type NoTokens,
  type TokensView,
  type TrajectoryView,
  tokenKinds,
  tokenSources,
} from './payload.ts';

/** Numbers of the shared texts that a view needs. */
export const sharedIn = ({ question, metrics, ended }: PackedView): number[] => {
  const steps = ended.kind === 'rollout' ? ended.steps : [];
  const tokens = ended.kind === 'rollout' && ended.tokens.kind === 'tokens' ? ended.tokens : null;
  const texts: PackedText[] = [
    question,
    metrics.names,
    ...steps.flatMap((step) =>
      step.kind === 'observation' ? [...step.text, ...step.passageIds] : [],
    ),
    ...(tokens?.pieces ?? []),
  ];
  return texts.filter((text) => typeof text === 'number');
};

type TextOf = (text: PackedText) => string;

const unpackStep = (step: PackedStep, textOf: TextOf): Step =>
  step.kind === 'observation'
    ? {
        kind: 'observation',
        text: step.text.map(textOf).join('\n'),
        passageIds: step.passageIds.map(textOf),
        failure: step.failure,
      }
    : step;

const unpackTokens = (
  packed: PackedTokens | NoTokens,
  textOf: TextOf,
  pieces: PackedPieces,
): TokensView | NoTokens => {
  if (packed.kind === 'none') return packed;
  const numbers = [...packed.pieces.map(textOf).join('')].map(numberOf);
  const codes: number[] = [];
  for (let i = 0; i < packed.runs.length; i += 2) {
    codes.push(...Array.from<number>({ length: packed.runs[i + 1]! }).fill(packed.runs[i]!));
  }
  return {
    kind: 'tokens',
    texts: numbers.map((number) => pieces.texts[number] ?? ''),
    ids: numbers.map((number) => pieces.ids[number] ?? -1),
    kinds: codes.map((code) => tokenKinds[Math.floor(code / 3)]!),
    sources: codes.map((code) => tokenSources[code % 3]!),
    logprobs: [...packed.logprobs].map((letter) => logprobOf(numberOf(letter))),
  };
};

/** Undoes `packView`; log-probabilities come back as fine as `logprobCode` keeps them. */
export const unpackView = (
  packed: PackedView,
  textOf: TextOf,
  pieces: PackedPieces,
): TrajectoryView => {
  const { question, metrics, ended, ...rest } = packed;
  const names = JSON.parse(textOf(metrics.names)) as string[];
  return {
    ...rest,
    question: JSON.parse(textOf(question)) as Question,
    metrics: Object.fromEntries(names.map((name, i) => [name, metrics.values[i] ?? null])),
    ended:
      ended.kind === 'error'
        ? ended
        : {
            ...ended,
            steps: ended.steps.map((step) => unpackStep(step, textOf)),
            tokens: unpackTokens(ended.tokens, textOf, pieces),
            usage: {
              promptTokens: ended.usage[0],
              completionTokens: ended.usage[1],
              requests: ended.usage[2],
            },
          },
  };
};
