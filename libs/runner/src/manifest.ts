import { createHash } from 'node:crypto';
import { type Manifest, type Policy, protocolId, protocols } from '@coa/core';
import { datasetHash } from '@coa/datasets';
import { judgePromptVersion } from '@coa/metrics';
import { describeChanges, describeMachine, describeRevision } from '@coa/store';
import type { Arm, Experiment } from './experiment.ts';
import type { Places } from './places.ts';
import type { QuestionSet } from './question-sets.ts';

const sha256 = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** The prompt as the policy gets it, with `{question}` where the question goes; stored with the run. */
const renderedPrompt = (arm: Arm) => protocols[arm.protocol](arm).prompt('{question}');

const armRecord = (arm: Arm) => ({ ...arm, prompt: renderedPrompt(arm) });

/** sha256 of each arm's prompt under `<arm>: <protocol@version>`. */
const promptHashes = (experiment: Experiment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(experiment.arms).map(([name, arm]) => [
      `${name}: ${protocolId(protocols[arm.protocol](arm))}`,
      sha256(renderedPrompt(arm)),
    ]),
  );

/** Everything a run's results depend on, and how to do it again. `startedAt` is the caller's clock. */
export const describeRun = (
  experiment: Experiment,
  parts: {
    readonly sets: readonly QuestionSet[];
    readonly policy: Policy;
    readonly environment: { readonly name: string; readonly fingerprint: string };
    readonly places: Places;
    readonly command: string;
    readonly startedAt: string;
    readonly judge: string | null;
  },
): Manifest => {
  const { sets, policy, environment, places, command, startedAt, judge } = parts;
  const decisive = {
    experiment: experiment.name,
    claim: experiment.claim,
    rootSeed: experiment.seed,
    repeats: experiment.repeats,
    arms: Object.fromEntries(
      Object.entries(experiment.arms).map(([name, arm]) => [name, armRecord(arm)]),
    ),
    datasets: sets.map(({ name, questions }) => ({
      name,
      questions: questions.length,
      sha256: datasetHash(questions),
    })),
    metrics: [
      ...Object.values(experiment.metrics).map(({ id, version }) => ({ id, version })),
      ...(judge === null ? [] : [{ id: 'judged', version: judgePromptVersion }]),
    ],
    model: { name: policy.name, fingerprint: policy.fingerprint },
    environment,
    prompts: promptHashes(experiment),
    ...(judge && { judge }),
  };
  const { baseline } = experiment;
  const revision = describeRevision(places.root);
  const code = [revision.commit, revision.lockfile, describeChanges(places.root)];
  const runId = `${experiment.name}-${sha256([decisive, code]).slice(0, 12)}`;
  // a baseline decides how results are read, not what they are: no part of the id
  const read = baseline === undefined ? {} : { baseline };
  return { runId, ...decisive, ...read, command, revision, machine: describeMachine(), startedAt };
};
