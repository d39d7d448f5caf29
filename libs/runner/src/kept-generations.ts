import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { GenerateRequest, Generation, Policy } from '@coa/core';

/** A generation as a line of the file holds it: text, no tokens. */
type Kept = Pick<Generation, 'text' | 'finish' | 'usage'>;

/** The lines of a file that are whole: the last may have been cut by the end of a process. */
const linesOf = (file: string): [string, Kept][] =>
  (existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []).flatMap((line) => {
    try {
      return [JSON.parse(line) as [string, Kept]];
    } catch {
      return [];
    }
  });

/** Of what the policy reads as text and is asked for. */
const keyOf = (fingerprint: string, { context, options }: GenerateRequest): string => {
  const segments = context.segments.map(({ source, text }) => [source, text]);
  const asked = JSON.stringify([fingerprint, context.prompt, segments, options]);
  return createHash('sha256').update(asked).digest('hex').slice(0, 32);
};

/**
 * A policy that answers a request once: its texts are kept in an append-only JSON Lines file, and what stands there is
 * answered from it. Determinism is then the file's, whatever the engine promises. Token ids are not kept.
 */
export const keptGenerations = (policy: Policy, file: string): Policy => {
  mkdirSync(dirname(file), { recursive: true });
  const known = new Map(linesOf(file));
  const answer = async (request: GenerateRequest, signal?: AbortSignal): Promise<Generation> => {
    signal?.throwIfAborted();
    const key = keyOf(policy.fingerprint, request);
    const found = known.get(key);
    if (found) return { ...found, ids: null, logprobs: null };
    const [made] = await policy.generate([request], signal);
    const { text, finish, usage } = made!;
    const kept: Kept = { text, finish, usage };
    known.set(key, kept);
    // after a line that was cut, the first newline ends it
    appendFileSync(file, `\n${JSON.stringify([key, kept])}\n`);
    return { ...kept, ids: null, logprobs: null };
  };
  return {
    ...policy,
    generate: (requests, signal) => Promise.all(requests.map((one) => answer(one, signal))),
  };
};
