import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { knownVersion } from './migrate.ts';
import { manifestOf, questions, rolloutRecord, temporaryFolder } from './records.test-data.ts';
import { openStore } from './store.ts';

const page = readFileSync(new URL('../SCHEMA.md', import.meta.url), 'utf8');

/** Four rollouts in two arms and a training of twelve steps. */
const sample = (): Database.Database => {
  const file = join(temporaryFolder(), 'runs.db');
  const store = openStore(file);
  store.startRun(manifestOf(), questions);
  const put = (index: number, arm: string, exactMatch: number, actionSteps: number): void =>
    store.appendRecord({
      ...rolloutRecord(questions[index]!, { arm }),
      metrics: { exactMatch, actionSteps },
    });
  put(0, 'ReAct', 0, 1);
  put(0, 'CoA', 1, 3);
  put(1, 'CoA', 0, 1);
  put(2, 'CoA', 1, 2);
  store.finishRun('toy-1a2b3c');
  store.startTraining({ key: 'k', stage: 'RL-1', seed: 1, recipe: {} });
  for (let step = 1; step <= 12; step++)
    store.appendTrainingStep('k', {
      ...{ step, steps: 12, rollouts: [] },
      numbers: { loss: 1, reward: step <= 10 ? 0.25 : 0.75, kl: null },
    });
  store.close();
  return new Database(file, { readonly: true });
};

test('SCHEMA.md names every table, view and column of a store, each in its own row', () => {
  const client = sample();
  const names = client
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')")
    .pluck()
    .all();
  const described = page.split('\n').flatMap((line) => /^\| `(\w+)` \|/.exec(line)?.[1] ?? []);
  expect(described.sort()).toEqual(names.sort());
  for (const name of names) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` |`))!;
    const columns = (client.pragma(`table_info(${name})`) as { name: string }[]).map(
      (column) => column.name,
    );
    const missing = columns.filter((column) => !row.includes(`\`${column}\``));
    expect(missing, name).toEqual([]);
  }
  expect(page).toContain(`schema version ${knownVersion} `);
  client.close();
});

test('the three example queries run and say what they promise', () => {
  const client = sample();
  const queries = [...page.matchAll(/```sql\n([^`]*)```/g)].map((match) => match[1]!);
  expect(queries.map((sql) => client.prepare(sql).raw().all())).toEqual([
    [
      ['hotpotqa', 'CoA', 1, 1],
      ['nq', 'CoA', 2, 0.5],
      ['nq', 'ReAct', 1, 0],
    ],
    [
      ['CoA', 0, 1, 1],
      ['CoA', 1, 2, 2.5],
      ['ReAct', 0, 1, 1],
    ],
    [
      ['k', 1, 0.25],
      ['k', 11, 0.75],
    ],
  ]);
  client.close();
});

test('the views for analysts give one row for each of what they name', () => {
  const client = sample();
  const all = (sql: string) => client.prepare(sql).all();
  expect(
    all("SELECT arm, metric, n, mean FROM run_metrics WHERE dataset = 'nq' ORDER BY arm, metric"),
  ).toEqual([
    { arm: 'CoA', metric: 'actionSteps', n: 2, mean: 2 },
    { arm: 'CoA', metric: 'exactMatch', n: 2, mean: 0.5 },
    { arm: 'ReAct', metric: 'actionSteps', n: 1, mean: 1 },
    { arm: 'ReAct', metric: 'exactMatch', n: 1, mean: 0 },
  ]);
  expect(all('SELECT count(*) AS n FROM rollout_metrics')).toEqual([{ n: 8 }]);
  expect(all('SELECT name, value FROM training_curve WHERE step = 11 ORDER BY name')).toEqual([
    { name: 'kl', value: null },
    { name: 'loss', value: 1 },
    { name: 'reward', value: 0.75 },
  ]);
  expect(all('SELECT * FROM counted_cells ORDER BY arm_id, dataset_id')).toEqual(
    all('SELECT * FROM cells ORDER BY arm_id, dataset_id'),
  );
  client.close();
});
