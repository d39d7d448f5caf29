import type { Environment, Protocol } from '@coa/core';
import { disposeModel } from '@coa/model';
import { describe, expect, test } from 'vitest';
import { banditConfig, banditTask, openModel, options } from './bandit.test-data.ts';
import type { GrpoReport } from './report.ts';
import { trainGrpo } from './train-grpo.ts';

/** One call is answered, or fails, as the question has it; further ones are refused at the limit. */
const limited: Environment = {
  name: 'limited',
  fingerprint: 'limited',
  observe: async (_, { index, question: { id } }) =>
    index < 1
      ? { text: 'a passage', passageIds: [], failure: Number(id) % 2 === 0 ? 'failed' : null }
      : { text: 'limit', passageIds: [], failure: 'limit' },
};

/** Whatever the policy writes is a search: real sampling, and as many actions as the horizon allows. */
const acting = (protocol: Protocol): Protocol => ({
  ...protocol,
  parseTurn: (text) => ({
    steps: [
      { kind: 'think', text },
      { kind: 'action', tool: 'search', input: 'x' },
    ],
    move: { kind: 'act', action: { tool: 'search', input: 'x' } },
  }),
});

const reportsOf = async (horizon: number): Promise<GrpoReport[]> => {
  const model = openModel();
  const plain = banditTask(model);
  const task = {
    ...plain,
    protocol: acting(plain.protocol),
    options: { ...options, horizon, turnTokens: 4 },
    environmentAt: (batch: number) => ({
      kind: batch === 2 ? ('real' as const) : ('simulated' as const),
      environment: limited,
    }),
  };
  const reports: GrpoReport[] = [];
  await trainGrpo(model, task, banditConfig, {
    checkpoint: null,
    now: () => 0,
    onStep: (report) => reports.push(report),
  });
  await task.policy.close();
  disposeModel(model);
  return reports;
};

describe('calls of 16 rollouts a batch, of which the second is real', () => {
  test.each([
    [1, 16],
    [2, 16],
  ])(
    'with %d actions each, %d are calls: one that failed is, one refused at the limit is not',
    async (horizon, calls) => {
      const reports = await reportsOf(horizon);
      expect(reports.map(({ actions }) => actions)).toEqual([horizon, horizon, horizon]);
      expect(reports.map(({ realCalls }) => realCalls)).toEqual([0, calls, 0]);
      expect(reports.map(({ simulatedCalls }) => simulatedCalls)).toEqual([calls, 0, calls]);
    },
  );
});
