import type { ObservationFailure, StopReason, Usage } from '@coa/core';
import type { NoTokens } from './payload.ts';

/** The layout of packed blocks, for who writes them and who reads them. */

/** Trajectories per chunk: one chunk is decoded to show one trajectory. */
export const chunkSize = 50;

/** Texts per block of shared texts. */
export const sharedSize = 256;

/** A text that occurs often, by its number (it stands in block `shared-⌊number / sharedSize⌋`), or the text itself. */
export type PackedText = number | string;

export type PackedStep =
  | { readonly kind: 'think' | 'answer'; readonly text: string }
  | { readonly kind: 'action'; readonly tool: string; readonly input: string }
  | {
      readonly kind: 'observation';
      /** Its lines. */
      readonly text: readonly PackedText[];
      readonly passageIds: readonly PackedText[];
      readonly failure: ObservationFailure | null;
    };

/** Tokens as letters: `pieces` joined has one letter per token, its number in block `pieces`. */
export type PackedTokens = {
  readonly kind: 'tokens';
  readonly pieces: readonly PackedText[];
  /** Stretches of one kind and source: 3 × kind + source, then how many tokens. */
  readonly runs: readonly number[];
  /** One letter per token: `logprobCode`. */
  readonly logprobs: string;
};

export type PackedView = {
  /** JSON. */
  readonly question: PackedText;
  readonly arm: string;
  readonly repeat: number;
  readonly seed: number;
  readonly seconds: number | null;
  readonly metrics: {
    /** JSON. */
    readonly names: PackedText;
    readonly values: readonly (number | null)[];
  };
  readonly ended:
    | {
        readonly kind: 'rollout';
        readonly protocol: string;
        readonly stop: StopReason;
        readonly prediction: string | null;
        readonly steps: readonly PackedStep[];
        readonly tokens: PackedTokens | NoTokens;
        readonly usage: readonly [prompt: number, completion: number, requests: number];
      }
    | { readonly kind: 'error'; readonly message: string; readonly attempts: number };
};

/** Block `pieces`: text and id of every token that occurs. */
export type PackedPieces = { readonly texts: readonly string[]; readonly ids: readonly number[] };

export const packedUsage = ({ promptTokens, completionTokens, requests }: Usage) =>
  [promptTokens, completionTokens, requests] as const;

const firstLetter = 0x23;
const surrogates = 0xd800;
const surrogateCount = 0x800;

/** A small number as one letter: what is frequent and numbered first takes one byte. */
export const letterOf = (number: number): string => {
  const point = number + firstLetter;
  return String.fromCodePoint(point < surrogates ? point : point + surrogateCount);
};

export const numberOf = (letter: string): number => {
  const point = letter.codePointAt(0)!;
  return (point < surrogates ? point : point - surrogateCount) - firstLetter;
};

const steps = 40;
const untold = 255;

/**
 * A log-probability in a byte: the square root of its size in fortieths, so that it is read back within
 * 0.025 √|value| + 0.0002; below −40.3 it is −40.3. 255: not told.
 */
export const logprobCode = (value: number | null): number =>
  value === null ? untold : Math.min(untold - 1, Math.round(steps * Math.sqrt(Math.abs(value))));

export const logprobOf = (code: number): number | null =>
  code === untold ? null : -((code / steps) ** 2) || 0;
