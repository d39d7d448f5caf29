import type { Generation, Policy, Prompt, Protocol, Segment, Written } from '@coa/core';

/** Whose tokens trajectories are made of: the policy to be trained, of which nothing is generated. */
export type Student = Pick<Policy, 'promptIds' | 'encode' | 'decode' | 'contextLimit'>;

const tag = /<\/?[a-z_]+>/g;

/** Tags that belong to observations: a policy's text may not open or close one. */
const observationTags = (protocol: Protocol): ReadonlySet<string> => {
  const nothing = { text: '', passageIds: [], failure: null };
  const written = protocol.renderObservation(nothing, '');
  return new Set(
    written.flatMap(({ kind, text }) => (kind === 'markup' ? (text.match(tag) ?? []) : [])),
  );
};

const idsOf = (student: Student, text: string, kind: Written['kind']): Int32Array => {
  const ids = student.encode(text, kind);
  if (ids === null) throw new Error('the student exposes no token ids; train a model of our own');
  return ids;
};

/** Whether the student has one token for a tag, as markup. */
const isToken = (student: Student, text: string): boolean =>
  idsOf(student, text, 'markup').length === 1 && idsOf(student, text, 'content').length > 1;

/**
 * What a teacher wrote, as markup and content: the tags that a policy may write become their tokens where the student
 * has them. All else is content: control tokens such as `<|im_end|>`, and the tags of observations, which a teacher
 * can only have copied from a passage.
 */
export const policyWritten = (text: string, student: Student, protocol: Protocol): Written[] => {
  const foreign = observationTags(protocol);
  const written: Written[] = [];
  let from = 0;
  const add = (kind: Written['kind'], piece: string): void => {
    if (piece !== '') written.push({ kind, text: piece });
  };
  for (const { 0: found, index } of text.matchAll(tag)) {
    if (foreign.has(found) || !isToken(student, found)) continue;
    add('content', text.slice(from, index));
    add('markup', found);
    from = index + found.length;
  }
  add('content', text.slice(from));
  return written;
};

export type TeacherOptions = {
  readonly protocol: Protocol;
  /** Teacher tokens that one of the student's may take: budgets are multiplied by it (a scripted policy counts characters). */
  readonly tokensPerToken: number;
  /** What the teacher reads in place of the student's prompt, e.g. with worked examples. */
  readonly prompt: (prompt: Prompt) => Prompt;
};

/** The teacher's own ids stay behind: the student's mean nothing to it. */
const textOnly = ({ source, text }: Segment): Segment => ({
  source,
  text,
  ids: null,
  logprobs: null,
});

/**
 * A policy that writes what the teacher writes, in the student's tokens: each turn is encoded once, when it is written,
 * so that masks come from spans and no trajectory is ever decoded. A turn longer than asked for in the student's tokens is kept
 * whole, and the limit on the trajectory decides. Log-probs are unknown.
 */
export const teacherInTokensOf = (
  teacher: Policy,
  student: Student,
  { protocol, tokensPerToken, prompt }: TeacherOptions,
): Policy => {
  const encoded = (generation: Generation): Generation => {
    const ids = policyWritten(generation.text, student, protocol).flatMap(({ text, kind }) => [
      ...idsOf(student, text, kind),
    ]);
    return { ...generation, ids: Int32Array.from(ids), logprobs: null };
  };
  return {
    name: teacher.name,
    fingerprint: teacher.fingerprint,
    contextLimit: student.contextLimit,
    concurrency: teacher.concurrency,
    promptIds: student.promptIds,
    encode: student.encode,
    decode: student.decode,
    countTokens: (text) => idsOf(student, text, 'content').length,
    generate: async (requests, signal) => {
      const asked = requests.map(({ context, options }) => ({
        context: { prompt: prompt(context.prompt), segments: context.segments.map(textOnly) },
        options: { ...options, maxTokens: Math.ceil(options.maxTokens * tokensPerToken) },
      }));
      return (await teacher.generate(asked, signal)).map(encoded);
    },
    close: async () => undefined,
  };
};
