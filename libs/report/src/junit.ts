import type { GateRow } from '@coa/compare';
import { html } from './markup.ts';
import { percent } from './numerals.ts';
import { plain } from './text-table.ts';

/** One comparison that a gate looked at. */
export type GateSuite = { readonly name: string; readonly rows: readonly GateRow[] };

const detail = ({ row }: GateRow): string =>
  `difference ${percent(row.difference)} points (${percent(row.low)} to ${percent(row.high)}), n ${row.questions}`;

const testCase = (suite: string, gate: GateRow): string => {
  const name = plain(gate.row.dataset ?? 'mean of sets');
  const open = html`  <testcase classname="${suite}" name="${name}">`.html;
  const message = detail(gate);
  switch (gate.verdict) {
    case 'pass':
      return `${open}<system-out>${html`${message}`.html}</system-out></testcase>\n`;
    case 'drop':
      return `${open}${html`<failure message="${message}"></failure>`.html}</testcase>\n`;
    case 'undecided':
      return `${open}${html`<error message="${`undecided: ${message}`}"></error>`.html}</testcase>\n`;
  }
};

/** JUnit XML, as CI servers read it: a drop is a failure, an undecided row an error. */
export const renderJunit = (suites: readonly GateSuite[]): string => {
  const body = suites.map(({ name: raw, rows }) => {
    const name = plain(raw);
    const count = (verdict: GateRow['verdict']) =>
      rows.filter((row) => row.verdict === verdict).length;
    const head = html`<testsuite name="${name}" tests="${rows.length}" failures="${count('drop')}" errors="${count('undecided')}">\n`;
    return `${head.html}${rows.map((row) => testCase(name, row)).join('')}</testsuite>\n`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${body.join('')}</testsuites>\n`;
};
