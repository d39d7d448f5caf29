/** A worked example in protocol-neutral form: each protocol writes it in its own tags, so all arms see the same help. */
export type WorkedExample = {
  readonly question: string;
  readonly hops: readonly {
    readonly thought: string;
    readonly search: string;
    readonly result: { readonly title: string; readonly text: string };
  }[];
  readonly conclusion: string;
  readonly answer: string;
};

/**
 * Written for this project; no question stands in any evaluation split (checked in `checks/`).
 * The order matters: an arm with k examples gets the first k.
 */
export const workedExamples: readonly WorkedExample[] = [
  {
    question: 'In which country was the architect of the Sydney Opera House born?',
    hops: [
      {
        thought: 'I need to find the architect of the Sydney Opera House.',
        search: 'Sydney Opera House architect',
        result: {
          title: 'Sydney Opera House',
          text: 'The Sydney Opera House is a performing arts centre designed by the architect Jørn Utzon.',
        },
      },
      {
        thought: 'The architect is Jørn Utzon. I need to find where he was born.',
        search: 'Jørn Utzon born',
        result: {
          title: 'Jørn Utzon',
          text: 'Jørn Utzon was an architect. He was born in Copenhagen, Denmark, in 1918.',
        },
      },
    ],
    conclusion: 'Jørn Utzon was born in Copenhagen, which is in Denmark.',
    answer: 'Denmark',
  },
  {
    question: 'who painted the ceiling of the sistine chapel',
    hops: [
      {
        thought: 'I need to find who painted the ceiling of the Sistine Chapel.',
        search: 'Sistine Chapel ceiling painter',
        result: {
          title: 'Sistine Chapel ceiling',
          text: 'The ceiling of the Sistine Chapel was painted by Michelangelo between 1508 and 1512.',
        },
      },
    ],
    conclusion: 'Michelangelo painted the ceiling.',
    answer: 'Michelangelo',
  },
  {
    question: 'Are the Danube and the Volga both rivers that flow through Vienna?',
    hops: [
      {
        thought: 'I need to find out whether the Danube flows through Vienna.',
        search: 'Danube river cities',
        result: {
          title: 'Danube',
          text: 'The Danube flows through Vienna, Bratislava, Budapest and Belgrade to the Black Sea.',
        },
      },
      {
        thought: 'The Danube flows through Vienna. I need to check the Volga.',
        search: 'Volga river cities',
        result: {
          title: 'Volga',
          text: 'The Volga is a river of Russia. It flows through Kazan and Volgograd to the Caspian Sea.',
        },
      },
    ],
    conclusion: 'The Volga does not flow through Vienna.',
    answer: 'no',
  },
];

/** How a protocol's prompt is filled in. */
export type ProtocolOptions = {
  /** Worked examples: how many of the lab's own, or which. */
  readonly examples: number | readonly WorkedExample[];
  /** In place of the protocol's instructions; '' = none. */
  readonly system?: string;
};

export const chosenExamples = (examples: ProtocolOptions['examples']): readonly WorkedExample[] =>
  typeof examples === 'number' ? firstExamples(examples) : examples;

/** The first k worked examples. Throws when there are fewer than k. */
export const firstExamples = (k: number): readonly WorkedExample[] => {
  if (!Number.isInteger(k) || k < 0 || k > workedExamples.length) {
    throw new RangeError(`${k} worked examples asked for; 0 to ${workedExamples.length} exist`);
  }
  return workedExamples.slice(0, k);
};
