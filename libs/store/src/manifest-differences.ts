import type { Manifest } from '@coa/core';

/** What may differ between two sittings of one run: it is there for people, and no result depends on it. */
const incidental = new Set([
  'claim',
  'baseline',
  'command',
  'machine',
  'startedAt',
  'revision.dirty',
]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const short = (value: unknown): string => {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

const differences = (stored: unknown, asked: unknown, path: string): string[] => {
  if (incidental.has(path) || Object.is(stored, asked)) return [];
  if (isObject(stored) && isObject(asked) && Array.isArray(stored) === Array.isArray(asked)) {
    const keys = [...new Set([...Object.keys(stored), ...Object.keys(asked)])];
    return keys.flatMap((key) =>
      differences(stored[key], asked[key], path === '' ? key : `${path}.${key}`),
    );
  }
  return [`${path}: stored ${short(stored)}, now ${short(asked)}`];
};

/** One line per part of the manifest that results depend on and that differs; empty = the same run. */
export const manifestDifferences = (stored: Manifest, asked: Manifest): string[] =>
  differences(stored, JSON.parse(JSON.stringify(asked)), '');
