import { describe, expect, test } from 'vitest';
import { knowledgeTable } from './evidence-tables.ts';
import { action, answer, failure, manifest, question, record } from './records.test-data.ts';
import { summarize } from './summarize.ts';
import { fullLabel, type Table } from './table.ts';
import { tableHtml } from './table-html.ts';
import { hopTable } from './tables.ts';

describe('summarize', () => {
  const records = [
    record({
      steps: [action, answer('a')],
      completionTokens: 30,
      metrics: { exactMatch: 1, tokenF1: 1, actionSteps: 1, answered: 1, goldRecall: 0.5 },
    }),
    record({
      question: question({ id: 'q2' }),
      stop: 'horizon',
      completionTokens: 12,
      metrics: { exactMatch: 0, tokenF1: 0.5, actionSteps: 0, answered: 0, goldRecall: null },
    }),
    failure('no server', { question: question({ id: 'q3' }) }),
  ];
  const row = summarize(records, manifest()).rows[0]!;

  test('keeps errors out of every mean and counts them', () => {
    expect([row.n, row.errors]).toEqual([2, 1]);
    expect(row.exactMatch?.mean).toBe(0.5);
    expect(row.tokenF1?.mean).toBe(0.75);
  });

  test('gives exact match of one repeat Wilson’s interval: 1 of 2 is 9.5 to 90.5 %', () => {
    expect(row.exactMatch?.method).toBe('wilson');
    expect(row.exactMatch?.low).toBeCloseTo(0.0945, 4);
    expect(row.exactMatch?.high).toBeCloseTo(0.9055, 4);
  });

  test('averages what is defined and is null where nothing is', () => {
    expect([row.goldRecall, row.goldRecallN]).toEqual([0.5, 1]);
    expect([row.actionSteps, row.answered, row.releasedReward]).toEqual([0.5, 0.5, null]);
  });

  test('counts stops, tokens and action steps', () => {
    expect(row.stops).toEqual({ answered: 1, horizon: 1, context: 0, length: 0, malformed: 0 });
    expect(row.generatedTokens).toBe(42);
    expect(summarize(records, manifest()).steps).toMatchObject([
      { actions: 0, n: 1, share: 0.5, shareOfRight: 0, exactMatch: { mean: 0 } },
      { actions: 1, n: 1, share: 0.5, shareOfRight: 1, exactMatch: { mean: 1 } },
    ]);
  });

  test('shows what the manifest names and no record has, and what no manifest names', () => {
    const named = manifest({ arms: { AutoCoA: {}, ReAct: {} } });
    const other = record({ arm: 'late', question: question({ dataset: 'nq' }) });
    const { datasets, arms, rows, averages } = summarize([other], named);
    expect([datasets, arms]).toEqual([
      ['hotpotqa', 'nq'],
      ['AutoCoA', 'ReAct', 'late'],
    ]);
    expect(rows.map(({ n }) => n)).toEqual([0, 0, 0, 0, 0, 1]);
    expect(rows[0]!.exactMatch).toBeNull();
    expect(averages.map((average) => average.exactMatch?.mean ?? null)).toEqual([null, null, 1]);
  });

  test('weighs sets alike in the average, whatever their size', () => {
    const nq = (id: string) => question({ id, dataset: 'nq' });
    const wrong = { exactMatch: 0, tokenF1: 0 };
    const { averages } = summarize(
      [record(), ...['a', 'b', 'c'].map((id) => record({ question: nq(id), metrics: wrong }))],
      manifest(),
    );
    expect(averages[0]).toMatchObject({ datasets: 2, n: 4, errors: 0 });
    expect(averages[0]!.exactMatch!.mean).toBe(0.5);
  });

  test('takes repeats of a question as one cluster', () => {
    const repeats = [0, 1, 2].map((repeat) => record({ repeat }));
    const { exactMatch } = summarize(repeats, manifest()).rows[0]!;
    expect(exactMatch).toMatchObject({ n: 3, clusters: 1, method: 'bootstrap' });
  });

  test('gives the same numbers for the same records in another order', () => {
    expect(summarize([...records].reverse(), manifest()).rows).toEqual([row]);
  });

  test('shows hops and needless searches where a question has a graph, and nothing of them elsewhere', () => {
    const of = (id: string, known: boolean, metrics: Record<string, number | null>) =>
      record({ question: question({ id, known }), metrics: { exactMatch: 1, ...metrics } });
    const graphs = summarize(
      [
        of('k', true, { hopRecall: 1, hopSuccess: 0.5, needlessSearches: 3 }),
        of('u', false, { hopRecall: 0.5, hopSuccess: 0, needlessSearches: null }),
      ],
      manifest(),
    );
    expect(graphs.rows[0]).toMatchObject({
      hopRecall: 0.75,
      hopSuccess: 0.25,
      needlessSearches: 3,
    });
    const labels = ({ columns }: Table) => columns.map(fullLabel);
    const hops = ['Hops, % Shown', 'Hops, % Taken up'];
    expect(labels(hopTable(graphs)!)).toEqual(['Agent', ...hops, 'Needless searches']);
    expect(hopTable(graphs)!.groups[0]!.rows).toEqual([['AutoCoA', 75, 25, 3]]);
    expect(labels(knowledgeTable(graphs))).toEqual(expect.arrayContaining(hops));
    expect(knowledgeTable(graphs).groups[0]!.rows.map((row) => row.slice(3, 5))).toEqual([
      [100, 50],
      [50, 0],
    ]);
    // the heading over two columns stands over these two, beside a column that is drawn as well
    const [over = ''] =
      /<tr class="over">.*?<\/tr>/.exec(tableHtml(knowledgeTable(graphs)).html) ?? [];
    expect(over.match(/colspan="\d"|<t[dh]>/g)).toEqual([
      ...['<td>', 'colspan="2"', '<td>'],
      ...['colspan="2"', '<td>'],
    ]);
    expect(hopTable(summarize(records, manifest()))).toBeNull();
  });

  test('throws on a value that is no number, naming it', () => {
    const broken = record({ metrics: { exactMatch: Number.NaN } });
    expect(() => summarize([broken], manifest())).toThrow(/NaN/);
  });
});
