import { type Html, type HtmlPart, html } from '@coa/report';
import type { Reply } from './reply.ts';

export type PageParts = {
  /** Of the tab. */
  readonly title: string;
  /** Where the server's addresses begin, token and all. */
  readonly base: string;
  /** What the client does here; it asks the page again while it is `live`. */
  readonly kind: 'list' | 'run' | 'charts' | 'rollouts' | 'compare';
  /** Whether what the page shows may still grow. */
  readonly live: boolean;
  /** Where the client finds trajectories; absent: the page shows none. */
  readonly source?: string;
  /** Version of the list there, which the client reads anew where it is another; absent: it stays as it was read. */
  readonly list?: string;
  /** The content has a link past what stands before it. */
  readonly ownSkip?: boolean;
  readonly content: Html;
};

const bar = (base: string): Html => html`<header class="viewbar"><nav aria-label="Store"><ul>
<li><a href="${base}/">Runs</a></li><li><a href="${base}/trainings">Trainings</a></li><li><a href="${base}/compare">Compare</a></li></ul></nav>
<p id="live" role="status"></p></header>`;

/** A whole page of the server. */
export const page = ({
  title,
  base,
  kind,
  live,
  source,
  list,
  ownSkip = false,
  content,
}: PageParts): Reply => ({
  status: 200,
  type: 'html',
  body: html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · CoA Lab</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="${base}/style.css"><script src="${base}/client.js" defer></script></head>
<body class="view" data-page="${kind}"${live && html` data-live="on"`}${source !== undefined && html` data-source="${source}"`}${list !== undefined && html` data-list="${list}"`}>${!ownSkip && html`<a class="skip" href="#main">Skip to the content</a>`}
${bar(base)}
${content}</body></html>
`.html,
});

/** Says what is not there, and nothing of what is. */
export const missing = (base: string, what: HtmlPart): Reply => ({
  ...page({
    title: 'Not found',
    ...{ base, kind: 'list', live: false },
    content: html`<main id="main" tabindex="-1"><h1>Not found</h1><p>${what}</p><p><a href="${base}/">All runs</a></p></main>`,
  }),
  status: 404,
});

/** A part of an address. */
export const segment = (text: string): string => encodeURIComponent(text);
