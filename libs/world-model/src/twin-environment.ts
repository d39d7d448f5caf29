import { deriveSeed, type Environment, type Rng, type Step, seededRng } from '@coa/core';
import type { FidelityPair } from './fidelity.ts';

/** One call that was answered twice. */
export type TwinCall = FidelityPair;

/** A generator that has given away its first number, made whole. */
const startingWith = (first: number, rest: Rng): Rng => {
  let given = false;
  return () => {
    if (given) return rest();
    given = true;
    return first;
  };
};

/**
 * The real environment, with a simulator that answers every call beside it: rollouts see the real observation alone,
 * `see` gets both. The simulator draws from a generator of its own, so rollouts are what they would be without it.
 */
export const twinEnvironment = ({
  real,
  simulator,
  see,
}: {
  readonly real: Environment;
  readonly simulator: Environment;
  readonly see: (call: TwinCall) => void;
}): Environment => ({
  name: `${real.name}, beside ${simulator.name}`,
  fingerprint: JSON.stringify([real.fingerprint, simulator.fingerprint]),
  observe: async (action, call) => {
    const first = call.rng();
    const own = seededRng(deriveSeed('twin', first));
    const [observation, simulated] = await Promise.all([
      real.observe(action, { ...call, rng: startingWith(first, call.rng) }),
      simulator.observe(action, { ...call, rng: own }),
    ]);
    const before: Step[] = call.context.segments.flatMap((segment): Step[] =>
      segment.source === 'observation'
        ? [{ kind: 'observation', text: segment.text, passageIds: [], failure: null }]
        : [],
    );
    see({ question: call.question, before, real: observation.text, simulated: simulated.text });
    return observation;
  },
});
