import { expect, test } from 'vitest';
import { failure, manifest, question, record } from './records.test-data.ts';
import { summarize } from './summarize.ts';
import { renderMarkdown, renderTable } from './text-table.ts';

const records = [
  record(),
  record({ question: question({ id: 'q2' }), metrics: { exactMatch: 0, tokenF1: 0.5 } }),
  failure('gone', { question: question({ id: 'q3' }) }),
];

test('renderTable lines up sets and agents, and says how many errors there were', () => {
  const lines = renderTable(summarize(records, manifest()), manifest()).split('\n');
  expect(lines[0]).toMatch(/^set {7}agent {4}EM % {6}95 % {2}F1 % +95 % {2}n {2}errors$/);
  expect(lines[2]).toMatch(/^hotpotqa {2}AutoCoA {2}50\.0 {2}9\.5–90\.5 {2}75\.0 .* 2 {7}1$/);
  expect(lines.join('\n')).toContain('1 errors, counted apart');
});

test('an empty cell shows a dash, never NaN', () => {
  const text = renderTable(summarize([], manifest()), manifest());
  expect(text).toContain('–');
  expect(text).not.toContain('NaN');
});

test('the document shows what was measured of the world model, where something was', () => {
  const estimate = { mean: 0.5, low: 0.25, high: 0.75 };
  const counts = { both: 1, 'real only': 1, 'simulated only': 0, neither: 0 };
  const row = {
    ...{ model: 'SFT', known: true, calls: 2, questions: 2, wordF1: estimate },
    ...{ logLikelihood: null, gold: counts, goldReal: estimate, goldSimulated: null },
    ...{ hop: counts, hopReal: estimate, hopSimulated: null },
  };
  const summary = summarize(records, manifest());
  expect(renderMarkdown(summary, manifest(), [row])).toMatch(
    /\| SFT \| known \| 50\.0 \(25\.0–75\.0\)/,
  );
  expect(renderMarkdown(summary, manifest())).not.toContain('world model');
});

test('names cannot move the cursor or open a link', () => {
  const hostile = manifest({ arms: { '\u001b[2Jx|<b>[a](b)\u202e': {} }, datasets: [] });
  const summary = summarize([record({ arm: '\u001b[2Jx|<b>[a](b)\u202e' })], hostile);
  const table = renderTable(summary, hostile);
  for (const control of ['\u001b', '\u202e']) expect(table).not.toContain(control);
  expect(renderMarkdown(summary, manifest())).toContain('\ufffd\\[2Jx\\|&lt;b>\\[a\\](b)\ufffd');
});
