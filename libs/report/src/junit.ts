import type { GateRow } from '@coa/compare';
import { html } from './markup.ts';
import { plain } from './text-table.ts';

/** One comparison that a gate looked at. */
export type GateSuite = {
  readonly name: string;
  readonly rows: readonly GateRow[];
  /** points: a share, shown as per cent; plain: a count or the like, as it is. */
  readonly unit: 'points' | 'plain';
  /** Why the two sides may not be comparable, in sentences. */
  readonly cautions: readonly string[];
};

/** A difference in the unit of its suite. */
export const gateNumber = (value: number, unit: GateSuite['unit']): string => {
  switch (unit) {
    case 'points':
      return (100 * value).toFixed(1);
    case 'plain':
      return value.toFixed(3);
  }
};

const detail = ({ row }: GateRow, unit: GateSuite['unit']): string => {
  const [difference, low, high] = [row.difference, row.low, row.high].map((value) =>
    gateNumber(value, unit),
  );
  return `difference ${difference}${unit === 'points' ? ' points' : ''} (${low} to ${high}), n ${row.questions}`;
};

const testCase = ({ name: suite, unit }: GateSuite, gate: GateRow): string => {
  const name = plain(gate.row.dataset ?? 'mean of sets');
  const open = html`  <testcase classname="${plain(suite)}" name="${name}">`.html;
  const message = detail(gate, unit);
  switch (gate.verdict) {
    case 'pass':
      return `${open}<system-out>${html`${message}`.html}</system-out></testcase>\n`;
    case 'drop':
      return `${open}${html`<failure message="${message}"></failure>`.html}</testcase>\n`;
    case 'undecided':
      return `${open}${html`<error message="${`undecided: ${message}`}"></error>`.html}</testcase>\n`;
  }
};

const suiteXml = (suite: GateSuite): string => {
  const { name, rows, cautions } = suite;
  const count = (verdict: GateRow['verdict']) =>
    rows.filter((row) => row.verdict === verdict).length;
  const head = html`<testsuite name="${plain(name)}" tests="${rows.length}" failures="${count('drop')}" errors="${count('undecided')}">\n`;
  const said = cautions.map((caution) => plain(caution)).join('\n');
  const tail = said === '' ? '' : `  ${html`<system-err>${said}</system-err>`.html}\n`;
  return `${head.html}${rows.map((row) => testCase(suite, row)).join('')}${tail}</testsuite>\n`;
};

/** JUnit XML, as CI servers read it: a drop is a failure, an undecided row an error, a caution stands in system-err. */
export const renderJunit = (suites: readonly GateSuite[]): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.map(suiteXml).join('')}</testsuites>\n`;
