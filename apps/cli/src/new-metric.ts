import { camelCase, constantName } from './names.ts';

/** The files of `libs/metrics` that a new metric is named in. */
export type MetricLists = {
  /** src/index.ts */
  readonly index: string;
  /** src/score-trajectory.ts */
  readonly standard: string;
  /** README.md */
  readonly readme: string;
};

export type NewMetric = MetricLists & {
  readonly constant: string;
  readonly source: string;
  readonly test: string;
};

const source = (constant: string): string => `import type { Metric } from '@coa/core';

/** Say here what it counts. Now: thoughts that a trajectory holds. */
export const ${constant}: Metric = {
  id: '${constant}',
  version: 1,
  score: ({ steps }) => steps.filter(({ kind }) => kind === 'think').length,
};
`;

const test = (name: string, constant: string): string => `import { expect, test } from 'vitest';
import { ${constant} } from './${name}.ts';
import { answer, trajectory } from './trajectories.test-data.ts';

test('${constant}: say here what it promises', () => {
  const steps = [{ kind: 'think', text: 'The Seine ends in the sea.' }, answer('Le Havre')] as const;
  expect(${constant}.score(trajectory({ steps }))).toBe(1);
  expect(${constant}.score(trajectory({ steps: [] }))).toBe(0);
});
`;

/** Puts a line after the last one that matches. */
const afterLast = (text: string, pattern: RegExp, line: string): string => {
  const lines = text.split('\n');
  const at = lines.findLastIndex((one) => pattern.test(one));
  if (at < 0) throw new Error(`found no place for '${line}'; add it by hand`);
  return [...lines.slice(0, at + 1), line, ...lines.slice(at + 1)].join('\n');
};

/** A metric of that name would be measured twice under two ids. */
const assertNoMetric = (name: string, { standard }: MetricLists): void => {
  const [, names = ''] = /standardMetrics = \{([^}]*)\}/.exec(standard) ?? [];
  const id = camelCase(name);
  if (names.split(/[,\s]+/).includes(id)) {
    throw new Error(`'${id}' is one of standardMetrics already; give yours another name`);
  }
};

/** A metric's file, its test, and the lists that name it, formatted by whoever writes them. */
export const newMetric = (name: string, lists: MetricLists): NewMetric => {
  assertNoMetric(name, lists);
  const constant = constantName(name, 'Metric', `${lists.index}\n${lists.standard}`);
  const imported = `import { ${constant} } from './${name}.ts';`;
  const named = lists.standard.replace(
    /\n\} satisfies Record<string, Metric>;/,
    (end) => `\n  ${constant},${end}`,
  );
  if (named === lists.standard) throw new Error('standardMetrics was not found; add it by hand');
  return {
    constant,
    source: source(constant),
    test: test(name, constant),
    index: `${lists.index.trimEnd()}\nexport { ${constant} } from './${name}.ts';\n`,
    standard: afterLast(named, /^import /, imported),
    readme: afterLast(lists.readme, /^- /, `- \`${constant}\`: say here what it counts.`),
  };
};
