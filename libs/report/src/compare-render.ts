import type { Comparison, Side } from '@coa/compare';
import type { RunRecord } from '@coa/core';
import { agentName, flipLists, sideRecords, sidesOf } from './compare-data.ts';
import { compareBody, compareTables, compareTitle } from './compare-page.ts';
import { html } from './markup.ts';
import { pack } from './pack.ts';
import { packRecords } from './pack-records.ts';
import { type Client, head, inert } from './render-report.ts';
import { tableBlock } from './report-tables.ts';
import type { TokenTexts } from './trajectory-view.ts';

export type ComparisonPage = {
  /** One at least, of one metric. */
  readonly comparisons: readonly Comparison[];
  /** The records of a side, as the comparison read them; null: the page goes without trajectories. */
  readonly recordsOf: ((side: Side) => Iterable<RunRecord>) | null;
  /** What a side's tokens are in text. */
  readonly tokenTexts: (side: Side) => TokenTexts;
  /** Of the kind `compare`. */
  readonly client: Client;
  /** What wrote the file, and how. */
  readonly generatedBy: string;
  readonly command: string;
};

/** One self-contained HTML file of comparisons, in pieces to be written one after another; it requests nothing. */
export function* renderComparisonPage(parts: ComparisonPage): Generator<string> {
  const { comparisons, recordsOf, tokenTexts, client, generatedBy, command } = parts;
  yield head(compareTitle(comparisons), client);
  yield html`<a class="skip" href="#main">Skip to the content</a>
${compareBody(comparisons, { trajectories: recordsOf !== null })}
<footer id="origin" aria-labelledby="origin-title"><h2 id="origin-title">Where this comes from</h2>
<h3>The exact command</h3><pre class="code"><code>${command}</code></pre><p class="note">Written by ${generatedBy}.</p></footer>`
    .html;
  yield inert(tableBlock(compareTables(comparisons)));
  yield `<script>${client.script}</script>\n`;
  if (recordsOf !== null) {
    yield inert({ name: 'flips', packed: pack(flipLists(comparisons)) });
    const sides = sidesOf(comparisons);
    const texts = new Map(sides.map((side) => [agentName(side, sides), tokenTexts(side)]));
    const records = sideRecords(sides, recordsOf);
    for (const block of packRecords(records, (agent) => texts.get(agent)!)) yield inert(block);
  }
  yield '</body></html>\n';
}
