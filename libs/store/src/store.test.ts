import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { recordKey } from './record-key.ts';
import {
  errorRecord,
  manifestOf,
  questionOf,
  questions,
  rolloutRecord,
  temporaryFolder,
} from './records.test-data.ts';
import { openStore, type StoreOptions } from './store.ts';

const started = (options: StoreOptions = {}) => {
  const store = openStore(':memory:', options);
  store.startRun(manifestOf(), questions);
  return store;
};
const [q9, q1, h1] = questions as [
  (typeof questions)[0],
  (typeof questions)[0],
  (typeof questions)[0],
];

describe('records', () => {
  test.each(['raw', 'deflate'] as const)('come back exactly (%s tokens)', (tokenEncoding) => {
    const store = started({ tokenEncoding });
    const records = [rolloutRecord(q9), rolloutRecord(q1, { tokens: null }), errorRecord(h1)];
    records.forEach((record) => void store.appendRecord(record));
    expect([...store.readRecords('toy-1a2b3c')]).toEqual(records);
  });

  test('keep the reasoning graph of a question and whether its entities are known', () => {
    const store = started();
    const evidence = [{ subject: 'Ada', relation: 'father', object: 'Byron', passageIds: ['p1'] }];
    const question = { ...questionOf('atlas', 'a1'), evidence, known: true };
    store.appendRecord(rolloutRecord(question));
    expect([...store.readRecords('toy-1a2b3c')]).toEqual([rolloutRecord(question)]);
  });

  test('keep NUL, half surrogate pairs and empty arrays in every field', () => {
    const odd = 'a\0b\ud800c';
    const question = { ...questionOf(`nq${odd}`, `q${odd}`, odd), golds: [odd], type: odd };
    const store = openStore(':memory:');
    store.startRun(manifestOf({ arms: { [odd]: { note: odd } } }));
    const record = rolloutRecord(question, {
      arm: odd,
      steps: [
        { kind: 'think', text: odd },
        { kind: 'action', tool: odd, input: odd },
        { kind: 'observation', text: odd, passageIds: [odd], failure: 'failed' },
        { kind: 'answer', text: '' },
      ],
      tokens: {
        ids: new Int32Array(0),
        promptMask: new Uint8Array(0),
        observationMask: new Uint8Array(0),
        logprobs: new Float32Array(0),
      },
    });
    const failed = { ...errorRecord(question, { arm: odd, repeat: 1 }) };
    store.appendRecord(record);
    store.appendRecord({ ...failed, outcome: { ...failed.outcome, message: odd } as never });
    const back = [...store.readRecords('toy-1a2b3c')];
    expect(back[0]).toEqual(record);
    expect(back[1]?.outcome).toMatchObject({ kind: 'error', message: odd });
    const key = { arm: odd, dataset: `nq${odd}`, questionId: `q${odd}` };
    expect(store.completedKeys('toy-1a2b3c')).toEqual(new Set([recordKey({ ...key, repeat: 0 })]));
    expect(store.errorKeys('toy-1a2b3c')).toEqual(new Set([recordKey({ ...key, repeat: 1 })]));
  });

  test('are read by arm, data set, question and repeat, whatever the order they came in', () => {
    const store = started();
    const stray = questionOf('another', 'a1');
    for (const [question, arm, repeat] of [
      [stray, 'ReAct', 0],
      [h1, 'CoA', 0],
      [q1, 'CoA', 1],
      [q1, 'CoA', 0],
      [q9, 'CoA', 0],
      [q1, 'ReAct', 0],
      [q9, 'ReAct', 1],
    ] as const) {
      store.appendRecord(rolloutRecord(question, { arm, repeat }));
    }
    const order = [...store.readRecords('toy-1a2b3c')].map(({ arm, repeat, outcome }) =>
      outcome.kind === 'rollout'
        ? `${arm} ${outcome.rollout.trajectory.question.id} ${repeat}`
        : '',
    );
    expect(order).toEqual([
      'ReAct q9 1',
      'ReAct q1 0',
      'ReAct a1 0',
      'CoA q9 0',
      'CoA q1 0',
      'CoA q1 1',
      'CoA h1 0',
    ]);
  });

  test('more than a page of them are read while others are written', () => {
    const store = started();
    const many = Array.from({ length: 150 }, (_, index) =>
      questionOf('many', `m${String(index).padStart(3, '0')}`),
    );
    many.slice(0, 140).forEach((question) => void store.appendRecord(rolloutRecord(question)));
    const reading = store.readRecords('toy-1a2b3c');
    expect(reading.next().done).toBe(false);
    many.slice(140).forEach((question) => void store.appendRecord(rolloutRecord(question)));
    expect([...reading]).toHaveLength(139);
    expect([...store.readRecords('toy-1a2b3c')]).toHaveLength(150);
  });

  test('are filtered by arm, data set and outcome; tokens can stay unread', () => {
    const store = started();
    store.appendRecord(rolloutRecord(q9));
    store.appendRecord(rolloutRecord(h1, { arm: 'ReAct' }));
    store.appendRecord(errorRecord(q1));
    const read = (filter: object) => [...store.readRecords('toy-1a2b3c', filter)];
    expect(read({ arm: 'ReAct' })).toEqual([rolloutRecord(h1, { arm: 'ReAct' })]);
    expect(read({ dataset: 'nq' })).toEqual([rolloutRecord(q9), errorRecord(q1)]);
    expect(read({ outcome: 'error' })).toEqual([errorRecord(q1)]);
    expect(read({ outcome: 'rollout', arm: 'CoA', tokens: false })).toEqual([
      rolloutRecord(q9, { tokens: null }),
    ]);
  });

  test('metrics that are not asked for stay unread too', () => {
    const store = started();
    store.appendRecord(rolloutRecord(q9));
    const read = (metrics: readonly string[]) => [...store.readRecords('toy-1a2b3c', { metrics })];
    expect(read(['actionSteps'])).toEqual([{ ...rolloutRecord(q9), metrics: { actionSteps: 2 } }]);
    expect(read([])).toEqual([{ ...rolloutRecord(q9), metrics: {} }]);
  });

  test('an error gives way to a later try; a finished rollout never does', () => {
    const store = started();
    store.appendRecord(errorRecord(q9));
    store.appendRecord({ ...errorRecord(q9), seed: 6 });
    expect([...store.readRecords('toy-1a2b3c')]).toEqual([{ ...errorRecord(q9), seed: 6 }]);
    store.appendRecord(rolloutRecord(q9));
    for (const again of [rolloutRecord(q9), errorRecord(q9)]) {
      expect(() => store.appendRecord(again)).toThrow(
        "arm 'CoA', question nq/q9, repeat 0 is stored already",
      );
    }
    expect([...store.readRecords('toy-1a2b3c')]).toEqual([rolloutRecord(q9)]);
  });

  test.each([
    ['an unknown arm', { arm: 'Reflexion' }, "the run's arms are ReAct, CoA"],
    ['a repeat too many', { repeat: 2 }, 'the run has 2 repeats'],
    ['a seed that is none', { seed: -1 }, 'seed -1'],
    ['a metric that is NaN', { metrics: { exactMatch: Number.NaN } }, 'exactMatch is NaN'],
    ['endless seconds', { seconds: Number.POSITIVE_INFINITY }, 'seconds is Infinity'],
    ['a run that was not started', { runId: 'other' }, "run 'other' was not started"],
  ])('with %s are refused and leave nothing behind', (_, change, message) => {
    const store = started();
    expect(() => store.appendRecord({ ...rolloutRecord(q9), ...change })).toThrow(message);
    expect([...store.readRecords('toy-1a2b3c')]).toEqual([]);
  });

  test('another question under a known id is refused', () => {
    const store = started();
    const changed = { ...q9, golds: ['Grace'] };
    expect(() => store.appendRecord(rolloutRecord(changed))).toThrow('question nq/q9 differs');
  });
});

describe('runs', () => {
  test('take the baseline of the last sitting, which decides no result', () => {
    const store = started();
    store.startRun(manifestOf({ baseline: 'ReAct' }));
    expect(store.readManifest('toy-1a2b3c').baseline).toBe('ReAct');
    store.startRun(manifestOf());
    expect(store.readManifest('toy-1a2b3c')).toEqual(manifestOf());
  });

  test('are new once, then resumed; a tree that was dirty once stays marked', () => {
    const file = join(temporaryFolder(), 'runs.db');
    const first = openStore(file);
    expect(first.startRun(manifestOf(), questions)).toBe('new');
    first.appendRecord(rolloutRecord(q9));
    expect(first.startRun(manifestOf(), questions)).toBe('resumed');
    first.close();
    const later = openStore(file);
    const revision = { ...manifestOf().revision, dirty: true };
    const again = {
      revision,
      startedAt: '2027',
      command: 'coa run toy --json',
      claim: 'Reworded.',
    };
    expect(later.startRun(manifestOf(again))).toBe('resumed');
    expect(later.completedKeys('toy-1a2b3c').size).toBe(1);
    expect(later.readManifest('toy-1a2b3c')).toEqual(manifestOf({ revision }));
    later.appendRecord(rolloutRecord(q1));
    later.finishRun('toy-1a2b3c');
    expect(later.listRuns()[0]).toMatchObject({ status: 'finished', rollouts: 2, planned: 12 });
    later.close();
  });

  test('with other settings under the same id are refused, each difference named', () => {
    const store = started();
    const model = { name: 'scripted', fingerprint: 'f1' };
    const arms = { ReAct: { protocol: 'react' }, CoA: { protocol: 'coa', topK: 5 } };
    const start = () => store.startRun(manifestOf({ model, arms, rootSeed: 8 }));
    expect(start).toThrow('rootSeed: stored 7, now 8');
    expect(start).toThrow('arms.CoA.topK: stored 3, now 5');
    expect(start).toThrow('model.fingerprint: stored "f0", now "f1"');
    expect(start).not.toThrow('arms.ReAct');
  });

  test('a manifest that is none is refused with its faults', () => {
    const store = openStore(':memory:');
    expect(() => store.startRun({ ...manifestOf(), repeats: 0 })).toThrow('repeats');
  });

  test('fields that the store does not know are kept', () => {
    const store = openStore(':memory:');
    store.startRun({ ...manifestOf(), judge: 'gpt' } as never);
    expect(store.readManifest('toy-1a2b3c')).toEqual({ ...manifestOf(), judge: 'gpt' });
  });

  test('are listed with counts and means, and summed up by arm and data set', () => {
    const store = started();
    store.appendRecord(rolloutRecord(q9));
    store.appendRecord({ ...rolloutRecord(q1), metrics: { exactMatch: 0, actionSteps: 3 } });
    store.appendRecord(errorRecord(h1));
    expect(store.listRuns()).toEqual([
      {
        runId: 'toy-1a2b3c',
        ulid: expect.stringMatching(/^01KDYAK348[0-9A-HJKMNP-TV-Z]{16}$/),
        experiment: 'toy',
        status: 'unfinished',
        startedAt: '2026-01-02T03:04:05.000Z',
        finishedAt: null,
        labels: [],
        planned: 12,
        rollouts: 2,
        errors: 1,
        arms: [
          { name: 'ReAct', rollouts: 0, errors: 0, exactMatch: null },
          { name: 'CoA', rollouts: 2, errors: 1, exactMatch: 0.5 },
        ],
      },
    ]);
    expect(store.summarizeRun('toy-1a2b3c')).toEqual([
      {
        arm: 'CoA',
        dataset: 'nq',
        rollouts: 2,
        errors: 0,
        metrics: {
          exactMatch: { mean: 0.5, n: 2 },
          actionSteps: { mean: 2.5, n: 2 },
          judged: { mean: null, n: 0 },
        },
      },
      { arm: 'CoA', dataset: 'hotpotqa', rollouts: 0, errors: 1, metrics: {} },
    ]);
    expect(store.metricIds('toy-1a2b3c')).toEqual(['exactMatch', 'actionSteps', 'judged']);
  });

  test('are found by a unique beginning of their id or of its last part', () => {
    const store = started();
    store.startRun(manifestOf({ runId: 'toy-9f9f9f' }));
    expect(store.resolveRun('toy-1')).toBe('toy-1a2b3c');
    expect(store.resolveRun('9f')).toBe('toy-9f9f9f');
    expect(() => store.resolveRun('toy')).toThrow("'toy' fits 2 runs: toy-1a2b3c, toy-9f9f9f");
    expect(() => store.resolveRun('nope')).toThrow("no run 'nope'");
    expect(() => store.readRecords('toy').next()).toThrow("no run 'toy'");
  });

  test('are deleted whole, and others stay', () => {
    const store = started();
    store.appendRecord(rolloutRecord(q9));
    store.startRun(manifestOf({ runId: 'other' }));
    store.appendRecord(rolloutRecord(q9, { runId: 'other' }));
    store.deleteRun('toy-1a2b3c');
    expect(store.listRuns().map(({ runId }) => runId)).toEqual(['other']);
    expect([...store.readRecords('other')]).toEqual([rolloutRecord(q9, { runId: 'other' })]);
  });
});
