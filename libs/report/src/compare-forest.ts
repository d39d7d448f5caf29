import type { Comparison, Difference, Verdict } from '@coa/compare';
import { setName, unitOf } from './compare-tables.ts';
import { type Html, html } from './markup.ts';
import { shownNumber } from './table.ts';

/** Where the axis begins and ends, and its marks, in the shown unit. */
export type Scale = { readonly low: number; readonly high: number; readonly ticks: number[] };

const steps = [1, 2, 2.5, 5, 10];

/** The smallest round step by which `span` takes four steps at most. */
const stepOf = (span: number): number => {
  const power = 10 ** Math.floor(Math.log10(span / 4));
  return power * steps.find((step) => 4 * step * power >= span * 0.999)!;
};

/** An axis over the values, with 0 on it and round marks; some width even where all are 0. */
export const scaleOf = (values: readonly number[]): Scale => {
  const [least, most] = [Math.min(0, ...values), Math.max(0, ...values)];
  const step = stepOf(Math.max(most - least, 1e-9));
  const [low, high] = [step * Math.floor(least / step), step * Math.ceil(most / step)];
  const count = Math.round((high - low) / step);
  const ticks = Array.from({ length: count + 1 }, (_, i) =>
    Number((low + i * step).toPrecision(6)),
  );
  return low === high ? { low: -1, high: 1, ticks: [-1, 0, 1] } : { low, high, ticks };
};

/** Shape tells the verdict as well as colour does: up, down, square for a tie, open circle for undecided. */
const markOf = (verdict: Verdict): Html => {
  switch (verdict) {
    case 'better':
      return html`<path d="M0 -7L7 6H-7Z"/>`;
    case 'worse':
      return html`<path d="M0 7L7 -6H-7Z"/>`;
    case 'tie':
      return html`<rect x="-5" y="-5" width="10" height="10"/>`;
    case 'undecided':
      return html`<circle r="5.5"/>`;
  }
};

const place = (value: number, { low, high }: Scale): string =>
  `${((100 * (value - low)) / (high - low)).toFixed(2)}%`;

const plot = (
  { difference, low, high, verdict }: Difference,
  scale: Scale,
  factor: number,
): Html => {
  const [from, at, to] = [low, difference, high].map((value) => place(factor * value, scale));
  const zero = place(0, scale);
  const ends = [from, to].map(
    (x) => html`<line class="whisker" x1="${x!}" x2="${x!}" y1="11" y2="21"/>`,
  );
  return html`<svg class="forest-plot" height="32" aria-hidden="true"><line class="zero" x1="${zero}" x2="${zero}" y1="0" y2="32"/><line class="whisker" x1="${from!}" x2="${to!}" y1="16" y2="16"/>${ends}<svg class="mark ${verdict}" x="${at!}" y="16" overflow="visible">${markOf(verdict)}</svg></svg>`;
};

const axis = (scale: Scale, show: (value: number) => string): Html => html`
<div class="forest-row axis" aria-hidden="true"><span></span><svg class="forest-plot" height="24">${scale.ticks.map(
  (tick) =>
    html`<line class="zero" x1="${place(tick, scale)}" x2="${place(tick, scale)}" y1="0" y2="5"/><text x="${place(tick, scale)}" y="20" text-anchor="middle">${show(tick)}</text>`,
)}</svg><span></span></div>`;

/** B less A with its interval, a line a set, the mean over the sets last; the table beside it holds the same numbers. */
export const forest = (comparison: Comparison, id: string): Html => {
  const { differences, metric } = comparison;
  const { factor, digits, name, verdicts } = unitOf([comparison]);
  const show = (value: number, places = digits): string =>
    shownNumber(value, { digits: places, signed: true });
  const scale = scaleOf(differences.flatMap(({ low, high }) => [factor * low, factor * high]));
  const small = scale.ticks.every((tick) => Number.isInteger(tick)) ? 0 : digits;
  const rows = differences.map(
    (row) => html`
<div class="forest-row${row.dataset === null && ' total'}"><span class="forest-name"><bdi>${setName(row)}</bdi></span>${plot(row, scale, factor)}<span class="forest-value"><b>${show(factor * row.difference)}</b> <span class="range">${show(factor * row.low)} to ${show(factor * row.high)}</span> <span class="verdict-word">${verdicts[row.verdict]}</span></span></div>`,
  );
  return html`<figure class="forest" aria-labelledby="${id}"><figcaption id="${id}">B less A, <bdi>${metric}</bdi>, ${name}, with 95 % intervals. Left of 0 A is higher, right of 0 B.</figcaption>${rows}${axis(scale, (tick) => show(tick, small))}</figure>`;
};
