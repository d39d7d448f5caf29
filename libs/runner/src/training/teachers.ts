import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type AtlasQuestion, openAtlas, plannerPolicy } from '@coa/atlas';
import {
  coaProtocol,
  type Policy,
  type Prompt,
  type Protocol,
  type ProtocolOptions,
  reactProtocol,
} from '@coa/core';
import type { SynthesisSetting } from '@coa/sft';
import { keptGenerations } from '../kept-generations.ts';
import type { Places } from '../places.ts';
import type { Teacher } from './recipe.ts';

/** A recipe's teacher, opened. */
export type OpenTeacher = Omit<Teacher, 'model'> & { readonly policy: Policy };

/** A protocol by its form. */
export const protocolIn = (form: 'coa' | 'react', options: ProtocolOptions): Protocol =>
  form === 'coa' ? coaProtocol(options) : reactProtocol(options);

/** What synthesis is told of whoever teaches. */
export type Teaching = Pick<
  SynthesisSetting,
  'teacher' | 'attempts' | 'teacherTokensPerToken' | 'teacherPrompt'
>;

/** What the teacher reads in place of the student's prompt: the same question, and what to do. */
export const teacherPrompt = (form: 'coa' | 'react', { prompt }: Pick<Teacher, 'prompt'>) => {
  const { system, examples } = protocolIn(form, prompt).prompt('');
  return (student: Prompt): Prompt => ({ ...student, system, examples });
};

/** Who teaches the questions: the policy of the recipe, else the planner that reads their graphs. */
export const teachingOf = (
  teacher: OpenTeacher | null,
  asked: readonly AtlasQuestion[],
  { form, student }: { readonly form: 'coa' | 'react'; readonly student: Policy },
): Teaching => {
  if (teacher === null) {
    const world = openAtlas();
    return { teacher: plannerPolicy({ world, questions: asked, student, form }), attempts: 1 };
  }
  return {
    teacher: teacher.policy,
    attempts: teacher.attempts,
    teacherTokensPerToken: teacher.tokensPerToken,
    teacherPrompt: teacherPrompt(form, teacher),
  };
};

const fileOf = ({ home }: Places, { fingerprint }: Policy): string => {
  const name = createHash('sha256').update(fingerprint).digest('hex').slice(0, 16);
  return join(home, 'training', 'teachers', `${name}.jsonl`);
};

/**
 * The work with a stage's teacher, which is open meanwhile; null where the planner teaches. What a teacher wrote is kept in
 * a file of its own: a stage that is resumed learns from the same examples, and stages that ask the same ask once.
 */
export const withTeacher = async <T>(
  teacher: Teacher | undefined,
  {
    openTeacher,
    places,
  }: {
    readonly openTeacher: (teacher: Teacher) => Promise<Policy>;
    readonly places: Places;
  },
  work: (opened: OpenTeacher | null) => Promise<T>,
): Promise<T> => {
  if (!teacher) return work(null);
  const policy = await openTeacher(teacher);
  try {
    return await work({ ...teacher, policy: keptGenerations(policy, fileOf(places, policy)) });
  } finally {
    await policy.close();
  }
};
