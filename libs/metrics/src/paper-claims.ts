/** What must hold of arms' exact match (mean over sets, seeds and questions) for a claim to be reproduced. */
export type ClaimTest =
  /** The weighted sum of arms' means, plus `margin`, is above 0; with several sums, each of them. */
  | {
      readonly kind: 'contrasts';
      readonly sums: readonly (readonly [arm: string, weight: number])[][];
      readonly margin: number;
    }
  /** Success falls off less with the number of action steps under `arm` than under `than` (difference of least-squares slopes). */
  | { readonly kind: 'slopes'; readonly arm: string; readonly than: string }
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
    reading: `SFT-1&2&3 + RL-1&2 is within ${100 * closeMargin} points of SFT-1&2 + RL-2, on either side.`,
    test: {
      kind: 'contrasts',
      sums: [
        [...above('SFT-1&2&3 + RL-1&2', 'SFT-1&2 + RL-2')],
        [...above('SFT-1&2 + RL-2', 'SFT-1&2&3 + RL-1&2')],
      ],
      margin: closeMargin,
    },
  },
  {
    id: 6,
    text: 'Agent models keep their success rate as the number of action steps grows; ReAct declines.',
    reading:
      'The slope of success over action steps is greater under SFT-1&2&3 + RL-1&2 than under ReAct.',
    test: { kind: 'slopes', arm: 'SFT-1&2&3 + RL-1&2', than: 'ReAct' },
  },
  {
    id: 7,
    text: 'On unknown knowledge, models without tools collapse.',
    reading:
      'Closed book gets less than half on unknown entities of what it gets on known ones (13 % in the paper).',
    test: { kind: 'unknown', arm: 'Closed book', share: 0.5 },
  },
];
