/** What must hold beyond what the schema itself can say: each query names the rows where it does not. */
export type Invariant = { readonly name: string; readonly sql: string };

const positions = (table: string): string => `
  SELECT '${table}: rollout ' || rollout_id || ' has ' || count(*) || ' steps, counted from ' || min(position) || ' to ' || max(position)
  FROM ${table} GROUP BY rollout_id HAVING min(position) <> 0 OR max(position) <> count(*) - 1`;

const stepFields = (table: string): string => `
  SELECT '${table}: step ' || position || ' of rollout ' || rollout_id || ' is no ' || kind
  FROM ${table} WHERE NOT CASE kind
    WHEN 'action' THEN tool IS NOT NULL AND input IS NOT NULL
    WHEN 'observation' THEN text IS NOT NULL AND coalesce(json_type(passage_ids) = 'array', 0)
    ELSE text IS NOT NULL END`;

const tokenLengths = (table: string): string => `
  SELECT '${table}: the arrays of rollout ' || rollout_id || ' do not have ' || length || ' tokens'
  FROM ${table} WHERE encoding = 'raw' AND (
    length(ids) <> 4 * length OR length(logprobs) <> 4 * length
    OR length(prompt_mask) <> length OR length(observation_mask) <> length)`;

const validJson = (table: string, column: string): string => `
  SELECT '${table}: ${column} of row ' || ${table === 'training_steps' ? "training_id || '/' || step" : 'id'} || ' is not JSON'
  FROM ${table} WHERE NOT json_valid(${column})`;

const names = `
  FROM counted LEFT JOIN arms ON arms.id = counted.arm_id
  LEFT JOIN runs ON runs.id = arms.run_id LEFT JOIN datasets ON datasets.id = counted.dataset_id`;
const place = `coalesce(runs.run_id, '?') || ', ' || coalesce(arms.name, '?') || ', ' || coalesce(datasets.name, '?')`;

/** Kept counts and those that the rows give, side by side; sums in another order differ in their last bits. */
const counts: readonly Invariant[] = [
  {
    name: 'kept counts of rollouts',
    sql: `WITH counted AS (
      SELECT arm_id, dataset_id, kept.rollouts AS kept_rollouts, kept.errors AS kept_errors, found.rollouts, found.errors
      FROM cells AS kept FULL JOIN counted_cells AS found USING (arm_id, dataset_id)
      WHERE kept.rollouts IS NOT found.rollouts OR kept.errors IS NOT found.errors)
    SELECT ${place} || ': kept ' || coalesce(kept_rollouts, 0) || ' rollouts and ' || coalesce(kept_errors, 0)
      || ' errors, stored ' || coalesce(counted.rollouts, 0) || ' and ' || coalesce(counted.errors, 0)
    ${names}`,
  },
  {
    name: 'kept sums of metrics',
    sql: `WITH counted AS (
      SELECT arm_id, dataset_id, metric, kept.stored AS kept_stored, kept.n AS kept_n, kept.total AS kept_total,
        found.stored, found.n, found.total
      FROM cell_metrics AS kept FULL JOIN counted_cell_metrics AS found USING (arm_id, dataset_id, metric)
      WHERE kept.stored IS NOT found.stored OR kept.n IS NOT found.n
        OR NOT coalesce(abs(kept.total - found.total) <= 1e-9 * (1 + found.stored + abs(found.total)), 0))
    SELECT ${place} || ', ' || metric || ': kept ' || coalesce(kept_n, 0) || ' values with the sum ' || coalesce(kept_total, 0)
      || ', stored ' || coalesce(n, 0) || ' with ' || coalesce(total, 0)
    ${names}`,
  },
];

const rows: readonly Invariant[] = [
  {
    name: 'an arm and its question are of one run',
    sql: `SELECT 'rollout ' || rollouts.id || ' is of run ' || arms.run_id || ', its question of run ' || datasets.run_id
      FROM rollouts JOIN arms ON arms.id = rollouts.arm_id JOIN questions ON questions.id = rollouts.question_id
      JOIN datasets ON datasets.id = questions.dataset_id WHERE arms.run_id <> datasets.run_id`,
  },
  {
    name: 'a finished rollout has its usage, a failed one its error and nothing else',
    sql: `SELECT 'rollout ' || rollouts.id || ' (' || outcome || ') has'
        || iif(usage.rollout_id IS NULL, ' no', '') || ' usage and' || iif(errors.rollout_id IS NULL, ' no', '') || ' error'
      FROM rollouts LEFT JOIN usage ON usage.rollout_id = rollouts.id LEFT JOIN errors ON errors.rollout_id = rollouts.id
      WHERE (outcome = 'rollout') <> (usage.rollout_id IS NOT NULL) OR (outcome = 'error') <> (errors.rollout_id IS NOT NULL)`,
  },
  {
    name: 'repeats are those of the run',
    sql: `SELECT 'rollout ' || rollouts.id || ' is of repeat ' || rollouts.repeat
      FROM rollouts JOIN arms ON arms.id = rollouts.arm_id
      LEFT JOIN seeds ON seeds.run_id = arms.run_id AND seeds.repeat = rollouts.repeat WHERE seeds.repeat IS NULL`,
  },
];

const trainings: readonly Invariant[] = [
  {
    name: 'a training asks its own questions',
    sql: `SELECT 'training rollout ' || training_rollouts.id || ' asks a question of training ' || training_questions.training_id
      FROM training_rollouts JOIN training_questions ON training_questions.id = training_rollouts.question_id
      WHERE training_rollouts.training_id <> training_questions.training_id`,
  },
  {
    name: 'groups of a training are whole',
    sql: `SELECT 'group ' || group_index || ' in step ' || step || ' of training ' || training_id || ' has ' || count(*)
        || ' rollouts, counted to ' || max(member)
      FROM training_rollouts GROUP BY training_id, step, group_index HAVING max(member) <> count(*) - 1`,
  },
];

const both = (
  name: string,
  of: (table: string) => string,
  tables: readonly string[],
): Invariant => ({
  name,
  sql: tables.map(of).join(' UNION ALL '),
});

export const invariants: readonly Invariant[] = [
  ...counts,
  ...rows,
  ...trainings,
  both('steps are counted from 0', positions, ['steps', 'training_rollout_steps']),
  both('steps have what their kind has', stepFields, ['steps', 'training_rollout_steps']),
  both('token arrays are of one length', tokenLengths, ['token_arrays', 'training_token_arrays']),
  {
    name: 'JSON can be read',
    sql: [
      validJson('arms', 'config'),
      validJson('trainings', 'recipe'),
      validJson('training_steps', 'numbers'),
      validJson('training_steps', 'timing'),
    ].join(' UNION ALL '),
  },
];
