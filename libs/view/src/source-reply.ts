import type { Reply } from './reply.ts';

/** What a page's client asks of a source: the list, or a chunk of trajectories of the list's version. */
export type SourceAsked =
  | { readonly kind: 'index' }
  | { readonly kind: 'chunk'; readonly number: number; readonly version: string };

/** `index`, or `chunk/3` with `?version=…`; null: neither. */
export const sourceAsked = (
  [what, number, ...rest]: readonly string[],
  query: URLSearchParams,
): SourceAsked | null => {
  if (rest.length > 0) return null;
  if (what === 'index' && number === undefined) return { kind: 'index' };
  if (what !== 'chunk' || number === undefined || !/^\d{1,7}$/.test(number)) return null;
  return { kind: 'chunk', number: Number(number), version: query.get('version') ?? '' };
};

const text = (status: number, body: string): Reply => ({ status, type: 'text', body });

/** The version on the first line, the packed list on the second. */
export const indexReply = (version: string, packed: string): Reply =>
  text(200, `${version}\n${packed}`);

export const chunkReply = (packed: string): Reply => text(200, packed);

/** The list that asks is no longer kept. */
export const outdated: Reply = text(
  409,
  'The run has grown since this list was read: load the page again.',
);
