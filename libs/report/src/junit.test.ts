import type { GateRow } from '@coa/compare';
import { expect, test } from 'vitest';
import { renderJunit } from './junit.ts';

const row = (dataset: string | null, verdict: GateRow['verdict']): GateRow => ({
  row: {
    ...{ dataset, questions: 40, unpaired: 0, a: 0.5, b: 0.4 },
    ...{ difference: -0.1, low: -0.2, high: 0.01 },
    ...{ p: 0.2, test: 'mcnemar', adjusted: 0.2, falseDiscovery: 0.2 },
    ...{ verdict: 'undecided', detectable: 0.1 },
  },
  verdict,
});

test('a drop is a failure, an undecided row an error, and every name stays text', () => {
  const name = 'a"<b>&\u0000 against c';
  const rows = [row('n<q', 'drop'), row('musique', 'undecided'), row(null, 'pass')];
  const xml = renderJunit([{ name, rows, unit: 'points', cautions: ['b <ran> dirty'] }]);
  expect(xml).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
<testsuite name="a&quot;&lt;b&gt;&amp;\ufffd against c" tests="3" failures="1" errors="1">
  <testcase classname="a&quot;&lt;b&gt;&amp;\ufffd against c" name="n&lt;q"><failure message="difference -10.0 points (-20.0 to 1.0), n 40"></failure></testcase>
  <testcase classname="a&quot;&lt;b&gt;&amp;\ufffd against c" name="musique"><error message="undecided: difference -10.0 points (-20.0 to 1.0), n 40"></error></testcase>
  <testcase classname="a&quot;&lt;b&gt;&amp;\ufffd against c" name="mean of sets"><system-out>difference -10.0 points (-20.0 to 1.0), n 40</system-out></testcase>
  <system-err>b &lt;ran&gt; dirty</system-err>
</testsuite>
</testsuites>
`);
});

test('what is no share stands as it is', () => {
  const xml = renderJunit([{ name: 'x', rows: [row(null, 'drop')], unit: 'plain', cautions: [] }]);
  expect(xml).toContain('message="difference -0.100 (-0.200 to 0.010), n 40"');
  expect(xml).not.toContain('system-err');
});
