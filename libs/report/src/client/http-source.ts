import { chunkSize } from './packed.ts';
import type { ReportIndex, TrajectoryView } from './payload.ts';
import type { Source } from './source.ts';
import { unpack } from './unpack.ts';

/** Chunks kept at a time. */
const keptChunks = 6;

/** What the server says, or its reason as an error. */
const read = async (address: string): Promise<string> => {
  const response = await fetch(address, { cache: 'no-store' });
  const text = await response.text();
  if (response.ok) return text;
  throw new Error(text.trim() || `the server answered ${response.status}`);
};

/** `base` may have a query, which every address keeps. */
const under = (base: string, path: string, more: Readonly<Record<string, string>>): string => {
  const [address = '', query = ''] = base.split('?');
  const all = new URLSearchParams(query);
  for (const [name, value] of Object.entries(more)) all.set(name, value);
  return `${address}/${path}?${all}`;
};

/** Trajectories of `coa view`, a chunk at a time. */
export const httpSource = (base: string): Source => {
  let listed: Promise<{ version: string; index: ReportIndex }> | null = null;
  const chunks = new Map<number, Promise<readonly TrajectoryView[]>>();
  const list = () => {
    listed ??= read(under(base, 'index', {})).then((text) => {
      const end = text.indexOf('\n');
      return { version: text.slice(0, end), index: unpack<ReportIndex>(text.slice(end + 1)) };
    });
    return listed;
  };
  const load = async (number: number): Promise<readonly TrajectoryView[]> => {
    const { version } = await list();
    return unpack<TrajectoryView[]>(await read(under(base, `chunk/${number}`, { version })));
  };
  const chunk = (number: number): Promise<readonly TrajectoryView[]> => {
    const views = chunks.get(number) ?? load(number);
    chunks.delete(number);
    chunks.set(number, views);
    if (chunks.size > keptChunks) chunks.delete(chunks.keys().next().value!);
    // what failed is asked for again the next time
    views.catch(() => chunks.delete(number));
    return views;
  };
  return {
    index: async () => (await list()).index,
    view: async (number) => (await chunk(Math.floor(number / chunkSize)))[number % chunkSize],
  };
};
