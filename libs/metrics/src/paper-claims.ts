/** Real tool calls while `arm` was trained are at most this share of those of `than`, by count. */
export type CallShare = { readonly arm: string; readonly than: string; readonly most: number };

/** What must hold of arms' exact match (mean over sets, seeds and questions) for a claim to be reproduced. */
export type ClaimTest =
  /** The weighted sum of arms' means, plus `margin`, is above 0; with several sums, each of them. */
  | {
      readonly kind: 'contrasts';
      readonly sums: readonly (readonly [arm: string, weight: number])[][];
      readonly margin: number;
      /** And so must this. */
      readonly calls?: CallShare;
    }
  /**
   * With each further action step success changes by more than -margin under `arm`, falls under `than`, and falls more
   * there: slopes by least squares among questions of one set, as many hops, and known or not. A `than` that is right in
   * less than `floor` of its rollouts cannot show that it falls.
   */
  | {
      readonly kind: 'slopes';
      readonly arm: string;
      readonly than: string;
      readonly margin: number;
      readonly floor: number;
    }
  /** On questions about unknown entities `arm` gets less than `share` of what it gets on known ones. */
  | { readonly kind: 'unknown'; readonly arm: string; readonly share: number };

export type PaperClaim = {
  readonly id: number;
  readonly text: string;
  /** What the test is, and why so. */
  readonly reading: string;
  readonly test: ClaimTest;
};

const variants = [
  'SFT-1',
  'SFT-2',
  'SFT-1&2',
  'SFT-1&2&3',
  'RL-2',
  'SFT-1&2&3 + RL-1',
  'SFT-1&2&3 + RL-1&2',
  'SFT-1&2 + RL-2',
];

const above = (arm: string, other: string): readonly [string, number][] => [
  [arm, 1],
  [other, -1],
];

/** Arms closer than this count as close: three points, less than the paper's own interval of four at 500 questions. */
export const closeMargin = 0.03;

/** Of a run's real calls in training; a sixth of the batches are real, and rollouts differ in how often they call. */
const realShare = 0.2;

/** Below this, a success rate has no room to fall. */
const floor = 0.05;

/** The paper's claims (Table 1, Table 2, Figure 3), each as a test over the arms of `paper-table`. */
export const paperClaims: readonly PaperClaim[] = [
  {
    id: 1,
    text: 'Every AutoCoA variant beats the same base model under ReAct.',
    reading: 'Each of the eight variants is above ReAct: the weakest of them decides.',
    test: { kind: 'contrasts', sums: variants.map((arm) => [...above(arm, 'ReAct')]), margin: 0 },
  },
  {
    id: 2,
    text: 'SFT stages 1 and 2 beat stage 2 alone: learning when to act first helps learning how.',
    reading: 'SFT-1&2 is above SFT-2.',
    test: { kind: 'contrasts', sums: [[...above('SFT-1&2', 'SFT-2')]], margin: 0 },
  },
  {
    id: 3,
    text: 'RL from the untrained model gives only a marginal gain, bounded by the initial policy.',
    reading:
      'Over ReAct, RL-2 alone gains less than half of what SFT-1&2 + RL-2 gains (45 % in the paper).',
    test: {
      kind: 'contrasts',
      sums: [
        [
          ['SFT-1&2 + RL-2', 0.5],
          ['ReAct', 0.5],
          ['RL-2', -1],
        ],
      ],
      margin: 0,
    },
  },
  {
    id: 4,
    text: 'After simulated RL, a sixth of the steps in the real environment adds accuracy.',
    reading: 'SFT-1&2&3 + RL-1&2 is above SFT-1&2&3 + RL-1.',
    test: {
      kind: 'contrasts',
      sums: [[...above('SFT-1&2&3 + RL-1&2', 'SFT-1&2&3 + RL-1')]],
      margin: 0,
    },
  },
  {
    id: 5,
    text: 'Simulated and then real RL is close to RL that is all real, at a sixth of the real tool calls.',
    reading: `SFT-1&2&3 + RL-1&2 is within ${100 * closeMargin} points of SFT-1&2 + RL-2, on either side, and made at most ${100 * realShare} % of its real tool calls in training, as counted.`,
    test: {
      kind: 'contrasts',
      sums: [
        [...above('SFT-1&2&3 + RL-1&2', 'SFT-1&2 + RL-2')],
        [...above('SFT-1&2 + RL-2', 'SFT-1&2&3 + RL-1&2')],
      ],
      margin: closeMargin,
      calls: { arm: 'SFT-1&2&3 + RL-1&2', than: 'SFT-1&2 + RL-2', most: realShare },
    },
  },
  {
    id: 6,
    text: 'Agent models keep their success rate as the number of action steps grows; ReAct declines.',
    reading: `With each action step beyond the first, among questions of one set, as many hops, and known or not: SFT-1&2&3 + RL-1&2 loses less than ${100 * closeMargin} points of success, ReAct loses some, and more than it. (The paper’s figure pools all questions, so that hops and steps are one.)`,
    test: {
      kind: 'slopes',
      arm: 'SFT-1&2&3 + RL-1&2',
      than: 'ReAct',
      margin: closeMargin,
      floor,
    },
  },
  {
    id: 7,
    text: 'On unknown knowledge, models without tools collapse.',
    reading:
      'Closed book gets less than half on unknown entities of what it gets on known ones (13 % in the paper).',
    test: { kind: 'unknown', arm: 'Closed book', share: 0.5 },
  },
];

/** Claims that the paper does not make, tested beside its own. */
export const ownClaims: readonly PaperClaim[] = [
  {
    id: 8,
    text: 'Not in the paper: internalised action is more than fine-tuning, which ReAct’s form would profit from as well.',
    reading:
      'SFT-1&2 is above the base model fine-tuned on as many examples from the same source in ReAct’s form.',
    test: { kind: 'contrasts', sums: [[...above('SFT-1&2', 'ReAct SFT')]], margin: 0 },
  },
];
