import type { Connection } from './connection.ts';
import { runs } from './schema.ts';

const lastPart = (id: string): string => id.slice(id.lastIndexOf('-') + 1);

/**
 * The id that `text` names: whole, or the only one that it begins, or whose part after the last dash it begins; where
 * there is none, by the beginning of a ULID in the same way.
 */
export const resolveRun = ({ db, file }: Connection, text: string): string => {
  const stored = db.select({ runId: runs.runId, ulid: runs.ulid }).from(runs).all();
  const ids = stored.map(({ runId }) => runId);
  if (ids.includes(text)) return text;
  const byId = ids.filter((id) => id.startsWith(text) || lastPart(id).startsWith(text));
  const byUlid = stored.filter(({ ulid }) => ulid?.startsWith(text.toUpperCase()));
  const fits = byId.length > 0 ? byId : byUlid.map(({ runId }) => runId);
  if (text === '' || fits.length === 0) {
    throw new Error(
      `no run '${text}' in ${file}; \`coa runs list\` shows the ${ids.length} stored`,
    );
  }
  if (fits.length === 1) return fits[0]!;
  const named = fits.length > 20 ? [...fits.slice(0, 20), '…'] : fits;
  throw new Error(`'${text}' fits ${fits.length} runs: ${named.join(', ')}; give more of the id`);
};
