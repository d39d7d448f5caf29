import type { Manifest, Question } from '@coa/core';
import { z } from 'zod';

/** The order of fields here is the order in which a question is stored and exported. */
const questionSchema = z.object({
  id: z.string(),
  dataset: z.string(),
  split: z.string(),
  text: z.string(),
  golds: z.array(z.string()),
  supporting: z.array(z.object({ title: z.string(), passageId: z.string().exactOptional() })),
  supportComplete: z.boolean(),
  type: z.string().nullable(),
  hops: z.number().nullable(),
  evidence: z
    .array(
      z.object({
        subject: z.string(),
        relation: z.string(),
        object: z.string(),
        passageIds: z.array(z.string()),
      }),
    )
    .exactOptional(),
  known: z.boolean().exactOptional(),
});

const named = z.looseObject({ name: z.string(), fingerprint: z.string() });

/** Further fields pass: a manifest may say more than the store needs to know. */
const manifestSchema = z.looseObject({
  runId: z.string().min(1),
  experiment: z.string(),
  claim: z.string(),
  command: z.string(),
  rootSeed: z.number().int(),
  repeats: z.number().int().min(1),
  arms: z.record(z.string(), z.unknown()),
  baseline: z.string().exactOptional(),
  datasets: z.array(
    z.looseObject({ name: z.string(), questions: z.number().int(), sha256: z.string() }),
  ),
  metrics: z.array(z.looseObject({ id: z.string(), version: z.number().int() })),
  model: named,
  environment: named,
  prompts: z.record(z.string(), z.string()),
  revision: z.looseObject({ commit: z.string(), dirty: z.boolean(), lockfile: z.string() }),
  machine: z.looseObject({
    node: z.string(),
    cpu: z.string(),
    cores: z.number(),
    platform: z.string(),
  }),
  startedAt: z.string(),
});

const checked = <T>(schema: z.ZodType, value: unknown, what: string): T => {
  const result = schema.safeParse(value);
  if (!result.success) throw new Error(`${what}: ${z.prettifyError(result.error)}`);
  return result.data as T;
};

/** Throws with the offending fields. */
export const checkedQuestion = (value: unknown): Question =>
  checked(questionSchema, value, 'not a question');

/** Throws with the offending fields. */
export const checkedManifest = (value: unknown): Manifest =>
  checked(manifestSchema, value, 'not a run manifest');

const written = new WeakMap<Question, string>();

/** A question as JSON text, the same for equal questions whatever the order of their fields. */
export const questionJson = (question: Question): string => {
  const known = written.get(question);
  if (known !== undefined) return known;
  const json = JSON.stringify(checkedQuestion(question));
  written.set(question, json);
  return json;
};
