import type { Policy, Protocol, Rollout, Step } from '@coa/core';

type Observed = Step & { readonly kind: 'observation' };

/** Runs of 1s: [from, to) each. */
const runsOf = (mask: Uint8Array): (readonly [from: number, to: number])[] => {
  const runs: (readonly [number, number])[] = [];
  for (let from = mask.indexOf(1); from >= 0; ) {
    let to = from;
    while (mask[to] === 1) to += 1;
    runs.push([from, to]);
    from = mask.indexOf(1, to);
  }
  return runs;
};

/** Tokens of an observation's text, and of the markup behind it. */
const lengthsOf = (step: Observed, policy: Pick<Policy, 'encode'>, protocol: Protocol) => {
  const written = protocol.renderObservation(step, '');
  const at = written.findIndex(({ kind }) => kind === 'content');
  const tokens = (parts: typeof written): number =>
    parts.reduce((sum, { text, kind }) => sum + (policy.encode(text, kind)?.length ?? 0), 0);
  return { content: tokens(written.slice(at, at + 1)), closing: tokens(written.slice(at + 1)) };
};

/**
 * 1 = the token is of what the environment found, [L]: neither the marks around an observation, which the loop writes, nor
 * the notices of calls that failed or were refused. What a model of the world is to foresee.
 */
export const passageMask = (
  { trajectory, tokens }: Rollout,
  policy: Pick<Policy, 'encode'>,
  protocol: Protocol,
): Uint8Array => {
  if (tokens === null) throw new Error('the policy exposes no token ids; use a model of our own');
  const mask = new Uint8Array(tokens.ids.length);
  const observed = trajectory.steps.filter((step) => step.kind === 'observation');
  const runs = runsOf(tokens.observationMask);
  if (runs.length !== observed.length)
    throw new Error(
      `${observed.length} observations, but ${runs.length} stretches of their tokens`,
    );
  for (const [i, [, to]] of runs.entries()) {
    const step = observed[i]!;
    if (step.failure !== null) continue;
    const { content, closing } = lengthsOf(step, policy, protocol);
    mask.fill(1, to - closing - content, to - closing);
  }
  return mask;
};
