import { recordChunk } from './chunks.ts';
import { type CompareForm, compareFormPage, comparePage } from './compare-pages.ts';
import {
  type CompareAsked,
  type CompareState,
  compareKey,
  compareState,
  isSameSide,
  readSide,
} from './compare-state.ts';
import type { Address, Desk } from './desk.ts';
import type { Reply } from './reply.ts';
import { chunkReply, indexReply, outdated, sourceAsked } from './source-reply.ts';

/** The sides that an address names, or why they cannot be compared. */
const readAsked = ({ store }: Desk, { a, b, metric }: CompareForm): CompareAsked | string => {
  try {
    const asked = { a: readSide(store, a), b: readSide(store, b), metric };
    for (const { manifest } of [asked.a, asked.b]) {
      const metrics = store.metricIds(manifest.runId);
      if (!metrics.includes(metric))
        return `${manifest.runId} has no metric '${metric}', but ${metrics.join(', ')}`;
    }
    return isSameSide(asked) ? 'A and B are the same: choose another agent or run for one.' : asked;
  } catch (cause) {
    return cause instanceof Error ? cause.message : String(cause);
  }
};

const pageReply = async (desk: Desk, form: CompareForm): Promise<Reply> => {
  if (form.a === '' || form.b === '') return compareFormPage(form, '', desk.base);
  const asked = readAsked(desk, form);
  if (typeof asked === 'string') return compareFormPage(form, asked, desk.base);
  try {
    return comparePage(form, await compareState(desk.store, desk.cache, asked), desk.base);
  } catch (cause) {
    // sides without a question in common are a reader's choice, not a fault
    if (cause instanceof RangeError) return compareFormPage(form, cause.message, desk.base);
    throw cause;
  }
};

const sourceReply = async (
  desk: Desk,
  form: CompareForm,
  { path, query }: Address,
): Promise<Reply | null> => {
  const wanted = sourceAsked(path, query);
  const asked = readAsked(desk, form);
  if (wanted === null || typeof asked === 'string') return null;
  if (wanted.kind === 'index') {
    const { version, index } = await compareState(desk.store, desk.cache, asked);
    return indexReply(version, index);
  }
  const state = desk.cache.earlier<CompareState>(compareKey(asked), wanted.version);
  if (state === null) return outdated;
  const at = { places: state.places, number: wanted.number };
  return chunkReply(await recordChunk(desk.store, at, desk.textsOf));
};

/** `compare?a=RUN:ARM&b=RUN:ARM`, and its source. */
export const compareAnswer = async (
  desk: Desk,
  { path: [what, ...rest], query }: Address,
): Promise<Reply | null> => {
  const form: CompareForm = {
    a: query.get('a') ?? '',
    b: query.get('b') ?? '',
    metric: query.get('metric') ?? 'exactMatch',
    runs: what === undefined ? desk.listRuns() : [],
  };
  if (what === undefined) return pageReply(desk, form);
  return what === 'source' ? sourceReply(desk, form, { path: rest, query }) : null;
};
