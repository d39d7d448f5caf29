import type { LineDifference } from '@coa/compare';
import { type Html, html } from './markup.ts';

/** Unchanged lines around a change that are shown. */
const around = 2;

type Shown = LineDifference | { readonly side: 'gap'; readonly lines: number };

/** The changed lines, a few around each, and how many are left out between. */
export const changesOf = (lines: readonly LineDifference[]): Shown[] => {
  const near = lines.map((_, i) =>
    lines.slice(Math.max(0, i - around), i + around + 1).some(({ side }) => side !== 'both'),
  );
  const shown: Shown[] = [];
  lines.forEach((line, i) => {
    const last = shown.at(-1);
    if (near[i]) shown.push(line);
    else if (last?.side === 'gap') shown[shown.length - 1] = { side: 'gap', lines: last.lines + 1 };
    else shown.push({ side: 'gap', lines: 1 });
  });
  return shown;
};

const lineHtml = (one: Shown): Html => {
  switch (one.side) {
    case 'gap':
      return html`<li class="gap">${one.lines} equal ${one.lines === 1 ? 'line' : 'lines'}</li>`;
    case 'both':
      return html`<li><span aria-hidden="true">&nbsp; </span><bdi>${one.line}</bdi></li>`;
    case 'a':
      return html`<li><del><span aria-hidden="true">− </span><span class="away">only A: </span><bdi>${one.line}</bdi></del></li>`;
    case 'b':
      return html`<li><ins><span aria-hidden="true">+ </span><span class="away">only B: </span><bdi>${one.line}</bdi></ins></li>`;
  }
};

/** Two prompts line by line, by sign and word as well as colour. */
export const promptHtml = (lines: readonly LineDifference[] | null): Html => {
  if (lines === null) return html`<p class="note">A manifest keeps no prompt of its agent.</p>`;
  if (lines.every(({ side }) => side === 'both'))
    return html`<p class="note">Both agents have the same prompt.</p>`;
  return html`<ol class="code diff">${changesOf(lines).map(lineHtml)}</ol>`;
};
