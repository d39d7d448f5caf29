import { and, eq, inArray } from 'drizzle-orm';
import type { Connection } from './connection.ts';
import { needRun } from './run-rows.ts';
import { runLabels } from './schema.ts';

/** What changes in the labels of a run. */
export type LabelChange = {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
};

const longest = 64;

/** Throws where text is no label: 1 to 64 characters, none of them blank, a comma or a control; + and - do not begin it. */
export const checkedLabel = (text: string): string => {
  const isLabel = /^(?![+-])[^\s,\p{C}]+$/u.test(text) && text.length <= longest;
  if (isLabel) return text;
  throw new RangeError(
    `${JSON.stringify(text)} is no label: 1 to ${longest} characters without blanks and commas, not beginning with + or -`,
  );
};

/** In alphabetical order. */
export const labelsOf = ({ db }: Connection, run: number): string[] =>
  db
    .select({ label: runLabels.label })
    .from(runLabels)
    .where(eq(runLabels.runId, run))
    .orderBy(runLabels.label)
    .all()
    .map(({ label }) => label);

/** Adds and removes labels in one transaction; returns those that the run has then. Throws where one to remove is not there. */
export const labelRun = (
  connection: Connection,
  runId: string,
  { add = [], remove = [] }: LabelChange,
): string[] => {
  const { db, client } = connection;
  const change = client.transaction(() => {
    const { id } = needRun(connection, runId);
    const before = labelsOf(connection, id);
    const absent = remove.filter((label) => !before.includes(label));
    if (absent.length > 0) {
      throw new Error(
        `run '${runId}' has no label ${absent.join(', ')}; it has ${before.join(', ') || 'none'}`,
      );
    }
    for (const label of add.map(checkedLabel)) {
      db.insert(runLabels).values({ runId: id, label }).onConflictDoNothing().run();
    }
    db.delete(runLabels)
      .where(and(eq(runLabels.runId, id), inArray(runLabels.label, [...remove])))
      .run();
    return labelsOf(connection, id);
  });
  return change.immediate();
};
