import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { paperTable1, unprintedNote } from './paper-table.ts';
import { printedFigure3 } from './printed-figure3.ts';
import { type PrintedColumn, printedColumns, printedTable1 } from './printed-table1.ts';
import { printedTable2 } from './printed-table2.ts';
import { manifest, question, record } from './records.test-data.ts';
import { summarize } from './summarize.ts';
import { cellParts, type Table } from './table.ts';

const six = Object.keys(printedColumns);
const atlasSix = ['nq', 'triviaqa', 'hotpotqa', '2wiki', 'musique', 'bamboogle'].map(
  (name) => `atlas-${name}`,
);

type Scores = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** One question a set; `scores`: set -> arm -> exact match. */
const tableOf = (scores: Scores, judged?: number): Table | null => {
  const records = Object.entries(scores).flatMap(([dataset, arms]) =>
    Object.entries(arms).map(([arm, exactMatch]) =>
      record({
        arm,
        question: question({ dataset }),
        metrics: { exactMatch, ...(judged !== undefined && { judged }) },
      }),
    ),
  );
  const names = [...new Set(Object.values(scores).flatMap((arms) => Object.keys(arms)))];
  const described = manifest({
    arms: Object.fromEntries(names.map((name) => [name, {}])),
    datasets: Object.keys(scores).map((name) => ({ name, questions: 1, sha256: '' })),
  });
  return paperTable1(summarize(records, described), described);
};

const flat = (names: readonly string[], arms: Readonly<Record<string, number>>): Scores =>
  Object.fromEntries(names.map((name) => [name, arms]));

const rowOf = (table: Table | null, label: string, source: string) =>
  table!.groups
    .flatMap(({ rows }) => rows)
    .find((row) => cellParts(row[0]).value === label && row[1] === source);

const values = (row: readonly unknown[] | undefined) =>
  row!.slice(2).map((cell) => cellParts(cell as never).value);

describe('Table 1', () => {
  test('sets our arms under the printed rows that they correspond to, over the sets they share', () => {
    const table = tableOf(flat(['musique', 'nq'], { ReAct: 1, 'SFT-1&2': 0, mine: 0 }));
    expect(table!.columns.map(({ over }) => over)).toEqual([undefined, undefined, 'NQ', 'MuSiQue']);
    const workflow = table!.groups.find(({ name }) => name === 'Agentic workflow')!;
    expect(workflow.rows.map(([label, source]) => [cellParts(label).value, source])).toEqual([
      ['Qwen-7B-Base (ReAct)', 'paper'],
      ['R1-Distill-Qwen-7B (ReAct)', 'paper'],
      ['ReAct', 'ours'],
    ]);
    expect(values(workflow.rows[1])).toEqual([15.1, 1.9]);
    expect(values(workflow.rows[2])).toEqual([100, 100]);
    const labels = (name: string) =>
      table!.groups
        .find((group) => group.name === name)!
        .rows.map(([label]) => cellParts(label).value);
    expect(labels('Agent model: SFT').slice(2, 4)).toEqual(['SFT-stage1&2', 'SFT-1&2']);
    expect(labels('Arms of this run without a printed row')).toEqual(['mine']);
  });

  test('shows the average only where this run has all six sets, and the mean where the print differs', () => {
    const table = tableOf(flat(six, { ReAct: 1 }));
    expect(table!.columns.slice(-2).map(({ over, label }) => [over, label])).toEqual([
      ['Average', 'EM'],
      ['Average', 'mean'],
    ]);
    // (39.0 + 78.2 + 44.8 + 52.4 + 21.2 + 56.8) / 6 = 292.4 / 6 = 48.73
    const [printed, mean] = values(rowOf(table, 'DeepSeek-R1 (not a 7B model)', 'paper')).slice(-2);
    expect([printed, (mean as number).toFixed(2)]).toEqual([49.5, '48.73']);
    // (25.0 + 42.6 + 31.7 + 43.8 + 8.5 + 24.3) / 6 = 175.9 / 6 = 29.32
    expect(values(rowOf(table, 'SFT-stage2', 'paper')).at(-1)).toBeCloseTo(29.317, 2);
    for (const label of ['RL-stage2', 'SFT-stage1&2+RL-stage2'])
      expect(values(rowOf(table, label, 'paper')).at(-1)).toBe('');
    expect(values(rowOf(table, 'ReAct', 'ours')).slice(-2)).toEqual([100, '']);
    for (const names of [six.slice(1), ['nq', 'primer-nq']])
      expect(tableOf(flat(names, { ReAct: 1 }))!.columns.at(-1)!.over).not.toBe('Average');
  });

  test('bold is the best of a column, underlined the best of a group, ours and theirs apart', () => {
    const scores = { ReAct: 0, 'SFT-1': 0, 'SFT-2': 0.5, 'RL-2': 1 };
    const table = tableOf(flat(['nq'], scores));
    const mark = (label: string, source: string) => cellParts(rowOf(table, label, source)![2]).mark;
    expect(mark('SFT-stage1&2+RL-stage2', 'paper')).toBeUndefined();
    expect(mark('SFT-stage1&2&3+RL-stage1&2', 'paper')).toBe('best');
    expect(mark('DeepSeek-R1 (not a 7B model)', 'paper')).toBeUndefined();
    expect(mark('SFT-stage2', 'paper')).toBe('groupBest');
    expect(mark('SFT-stage1&2', 'paper')).toBe('groupBest');
    expect(mark('RL-2', 'ours')).toBe('best');
    expect(mark('SFT-2', 'ours')).toBe('groupBest');
    expect(mark('SFT-1', 'ours')).toBeUndefined();
    // alone in its group: nothing to be the best of
    expect(mark('ReAct', 'ours')).toBeUndefined();
  });

  test('has the judged columns, printed and ours, where a judge ran', () => {
    const table = tableOf(flat(['nq'], { ReAct: 0 }), 1);
    expect(table!.columns.slice(2).map(({ label }) => label)).toEqual(['EM', 'Judged']);
    expect(values(rowOf(table, 'R1-Distill-Qwen-7B (ReAct)', 'paper'))).toEqual([15.1, 20.9]);
    expect(values(rowOf(table, 'ReAct', 'ours'))).toEqual([0, 100]);
  });

  test('takes Atlas’s sets as analogues and says so', () => {
    const table = tableOf(flat(atlasSix, { ReAct: 1 }));
    expect(rowOf(table, 'ReAct', 'ours, Atlas')).toBeDefined();
    expect(table!.caption).toContain('analogues');
    expect(table!.notes.join()).toContain('analogues');
    expect(table!.columns.at(-1)!.over).toBe('Average');
    // never a row of both kinds
    const both = tableOf(flat(['nq', 'atlas-musique'], { ReAct: 1 }));
    expect(both!.columns.map(({ over }) => over)).toEqual([undefined, undefined, 'NQ']);
  });

  test('AutoCoA is the whole recipe, or no printed row', () => {
    const kinds = ['contrastive', 'sft', 'sft', 'grpo'].map((kind) => ({ kind }));
    const groupOf = (arms: Record<string, unknown>) => {
      const described = manifest({ arms });
      const table = paperTable1(summarize([record()], described), described);
      return table!.groups.find(({ rows }) =>
        rows.some(([label]) => cellParts(label).value === 'AutoCoA'),
      )!.name;
    };
    expect(groupOf({ AutoCoA: { recipe: { stages: kinds } } })).toBe('Agent model: RL');
    for (const setting of [{}, null, { recipe: { stages: [null, 7] } }])
      expect(groupOf({ AutoCoA: setting })).toBe('Arms of this run without a printed row');
  });

  test('there is none for primer sets, nor for a set named like a property of every object', () => {
    expect(tableOf(flat(['primer-hotpotqa'], { ReAct: 1 }))).toBeNull();
    expect(tableOf(flat(['constructor'], { ReAct: 1 }))).toBeNull();
    const summary = summarize([record({ question: question({ dataset: 'primer-nq' }) })], {
      ...manifest(),
      datasets: [],
    });
    expect(unprintedNote(summary)).toContain('No printed row applies to primer-nq');
  });
});

const shared =
  process.env.COA_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));
const facts = <T>(name: string): T =>
  JSON.parse(readFileSync(`${shared}/paper/${name}.json`, 'utf8')) as T;
type Score = { readonly EM: number; readonly LLM: number };

describe.skipIf(!existsSync(`${shared}/paper/table1.json`))('as printed in ../shared/paper', () => {
  test('Table 1', () => {
    const { rows } = facts<{
      rows: { group: string; method: string; scores: Record<PrintedColumn, Score> }[];
    }>('table1');
    const expected = rows.map(({ group, method, scores }) => ({
      group,
      method,
      scores: Object.fromEntries(Object.entries(scores).map(([c, s]) => [c, [s.EM, s.LLM]])),
    }));
    expect(printedTable1).toEqual(expected);
  });

  test('Table 2', () => {
    type Domain = Record<'main' | 'sub', Score>;
    const { rows } = facts<{ rows: { recent_unknown: Domain; popular_known: Domain }[] }>('table2');
    const percent = ({ EM, LLM }: Score) =>
      [EM, LLM].map((share) => Number((100 * share).toFixed(1)));
    expect(printedTable2.map(({ unknown, known }) => ({ unknown, known }))).toEqual(
      rows.map((row) => ({
        unknown: { main: percent(row.recent_unknown.main), sub: percent(row.recent_unknown.sub) },
        known: { main: percent(row.popular_known.main), sub: percent(row.popular_known.sub) },
      })),
    );
  });

  test('Figure 3', () => {
    type Lines = Record<string, number[]>;
    const { a_share_of_correct: a, b_success_rate: b } = facts<Record<string, Lines>>('figure3');
    const percent = (shares: readonly number[]) =>
      shares.map((one) => Number((100 * one).toFixed(1)));
    expect(printedFigure3).toEqual(
      Object.keys(a!).map((name) => ({
        name,
        shareOfRight: percent(a![name]!),
        success: percent(b![name]!),
      })),
    );
  });
});
