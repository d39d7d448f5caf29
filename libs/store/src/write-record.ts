import type { RunRecord } from '@coa/core';
import { and, eq, sql } from 'drizzle-orm';
import type { Connection } from './connection.ts';
import { preparedInsert } from './prepared-insert.ts';
import { nameRecord, questionOf } from './record-key.ts';
import { placeQuestion, type RunRows, rememberQuestion } from './run-rows.ts';
import { errors, metricValues, rollouts, steps, tokenArrays, usage } from './schema.ts';
import { stepRow } from './step-rows.ts';
import { encodeTokens, type TokenEncoding } from './token-blobs.ts';

/** Prepared once per store: a trajectory runs about forty of them. */
const prepareWrites = ({ db }: Connection) => ({
  findRollout: db
    .select({ id: rollouts.id, outcome: rollouts.outcome })
    .from(rollouts)
    .where(
      and(
        eq(rollouts.armId, sql.placeholder('armId')),
        eq(rollouts.questionId, sql.placeholder('questionId')),
        eq(rollouts.repeat, sql.placeholder('repeat')),
      ),
    )
    .prepare(),
  removeRollout: db
    .delete(rollouts)
    .where(eq(rollouts.id, sql.placeholder('id')))
    .prepare(),
  addRollout: preparedInsert(db, rollouts),
  addStep: preparedInsert(db, steps),
  addTokens: preparedInsert(db, tokenArrays),
  addMetric: preparedInsert(db, metricValues),
  addUsage: preparedInsert(db, usage),
  addError: preparedInsert(db, errors),
});

type Writes = ReturnType<typeof prepareWrites>;

/** What types cannot say about a record. */
const assertStorable = (record: RunRecord, rows: RunRows): void => {
  const refuse = (what: string): never => {
    throw new RangeError(`cannot store the record of ${nameRecord(record)}: ${what}`);
  };
  const { repeat, seed, seconds, metrics } = record;
  const { manifest } = rows;
  if (!rows.arms.has(record.arm)) {
    refuse(`the run's arms are ${[...rows.arms.keys()].join(', ')}`);
  }
  if (!Number.isInteger(repeat) || repeat < 0 || repeat >= manifest.repeats) {
    refuse(`the run has ${manifest.repeats} repeats, counted from 0`);
  }
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff) {
    refuse(`seed ${seed} is no unsigned 32-bit integer`);
  }
  if (!Number.isFinite(seconds)) refuse(`seconds is ${seconds}`);
  for (const [metric, value] of Object.entries(metrics)) {
    if (value !== null && !Number.isFinite(value)) {
      refuse(`metric ${metric} is ${value}; a value that is not defined is null`);
    }
  }
};

/** An error gives way to what came of a further try, under the same row id; a finished rollout stays. */
const makeRoom = (writes: Writes, key: Record<string, number>, name: string): number | null => {
  const earlier = writes.findRollout.get(key);
  if (!earlier) return null;
  if (earlier.outcome === 'rollout') {
    throw new Error(`${name} is stored already; a finished rollout is never overwritten`);
  }
  writes.removeRollout.run({ id: earlier.id });
  return earlier.id;
};

const addOutcome = (
  writes: Writes,
  rolloutId: number,
  { outcome, tokenEncoding }: Pick<RunRecord, 'outcome'> & { tokenEncoding: TokenEncoding },
): void => {
  if (outcome.kind === 'error') {
    const { message, attempts } = outcome;
    writes.addError({ rolloutId, message, attempts });
    return;
  }
  const { trajectory, tokens, usage: spent } = outcome.rollout;
  const { promptTokens, completionTokens, requests } = spent;
  writes.addUsage({ rolloutId, promptTokens, completionTokens, requests });
  trajectory.steps.forEach((step, position) => {
    writes.addStep({ rolloutId, position, ...stepRow(step) });
  });
  if (tokens) writes.addTokens({ rolloutId, ...encodeTokens(tokens, tokenEncoding) });
};

const addRecord = (
  writes: Writes,
  record: RunRecord,
  row: { rows: RunRows; questionId: number; tokenEncoding: TokenEncoding },
): void => {
  const { outcome, repeat, seed, seconds } = record;
  const { rows, questionId, tokenEncoding } = row;
  const armId = rows.arms.get(record.arm)!;
  const id = makeRoom(writes, { armId, questionId, repeat }, nameRecord(record));
  const ended = outcome.kind === 'rollout' ? outcome.rollout.trajectory : null;
  const { stop, protocol } = ended ?? { stop: null, protocol: null };
  const key = { id, armId, questionId, repeat, seed, seconds };
  const added = writes.addRollout({ ...key, outcome: outcome.kind, stop, protocol });
  const rolloutId = Number(added.lastInsertRowid);
  addOutcome(writes, rolloutId, { outcome, tokenEncoding });
  for (const [metric, value] of Object.entries(record.metrics)) {
    const version = rows.metricVersions.get(metric) ?? null;
    writes.addMetric({ rolloutId, metric, version, value });
  }
};

/** Returns the function that stores one record of a started run, whole or not at all. */
export const recordWriter = (connection: Connection, tokenEncoding: TokenEncoding) => {
  const writes = prepareWrites(connection);
  const write = connection.client.transaction((record: RunRecord, rows: RunRows) => {
    const placed = placeQuestion(connection, rows, questionOf(record));
    addRecord(writes, record, { rows, questionId: placed.id, tokenEncoding });
    return placed;
  });
  return (record: RunRecord, rows: RunRows): void => {
    assertStorable(record, rows);
    rememberQuestion(rows, questionOf(record), write.immediate(record, rows));
  };
};
