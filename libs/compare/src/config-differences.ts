import { diffLines } from 'diff';

/** A place where two configurations differ; undefined: the side has nothing there. */
export type ConfigDifference = {
  /** e.g. `options.temperature`, `recipe.stages.1.config.epochs` */
  readonly path: string;
  readonly a: unknown;
  readonly b: unknown;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** Where two plain JSON values differ, down to the smallest part; empty = equal. */
export const configDifferences = (a: unknown, b: unknown, path = ''): ConfigDifference[] => {
  if (Object.is(a, b)) return [];
  if (isObject(a) && isObject(b) && Array.isArray(a) === Array.isArray(b)) {
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((key) =>
      configDifferences(a[key], b[key], path === '' ? key : `${path}.${key}`),
    );
  }
  return [{ path, a, b }];
};

/** A line of two texts: in both, or in one of them only. */
export type LineDifference = { readonly side: 'both' | 'a' | 'b'; readonly line: string };

const sideOf = ({
  added,
  removed,
}: {
  added: boolean;
  removed: boolean;
}): LineDifference['side'] => (added ? 'b' : removed ? 'a' : 'both');

/** Two texts line by line, what only a has before what only b has. */
export const lineDifferences = (a: string, b: string): LineDifference[] =>
  diffLines(a, b).flatMap((part) =>
    part.value
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => ({ side: sideOf(part), line })),
  );
