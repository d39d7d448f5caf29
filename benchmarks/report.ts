/**
 * Size and speed of one report: `npx tsx benchmarks/report.ts [COUNT] [STORE]` (default 10,000 trajectories on Atlas with their
 * tokens, see report-records.ts; what STORE has of them is not made again). Peer, up to 10,000: the same page with the
 * same trajectories as plain JSON, parsed whole. Needs Chromium (CHROMIUM).
 */
import {
  closeSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Manifest } from '@coa/core';
import { renderReport, summarize } from '@coa/report';
import { bundleClient } from '@coa/report/bundle';
import { openStore, type Store } from '@coa/store';
import { type Browser, chromium, type Page } from 'playwright-core';
import { arms, makeRecords, texts } from './report-records.ts';

const count = Number(process.argv[2] ?? 10_000);
const visits = count > 20_000 ? 3 : 5;
const mostPeers = 10_000;
const folder = mkdtempSync(join(tmpdir(), 'coa-report-benchmark-'));
const storeFile = process.argv[3] ?? join(folder, 'runs.db');

const manifest: Manifest = {
  runId: 'benchmark',
  experiment: 'benchmark',
  claim: 'none',
  command: 'npx tsx benchmarks/report.ts',
  rootSeed: 0,
  repeats: 1,
  arms: Object.fromEntries(arms.map((arm) => [arm, {}])),
  datasets: [],
  metrics: [{ id: 'exactMatch', version: 1 }],
  model: { name: 'none', fingerprint: 'none' },
  environment: { name: 'none', fingerprint: 'none' },
  prompts: {},
  revision: { commit: 'unknown', dirty: true, lockfile: 'unknown' },
  machine: { node: process.version, cpu: 'unknown', cores: 0, platform: process.platform },
  startedAt: '2026-01-01T00:00:00.000Z',
};

const seconds = (from: number): string => ((performance.now() - from) / 1000).toFixed(1);

/** The store with all its records; what it has of them already is not made again. */
const filled = (): Store => {
  const started = performance.now();
  const store = openStore(storeFile);
  store.startRun(manifest);
  const had = store.completedKeys(manifest.runId).size;
  for (const record of makeRecords(count, had)) store.appendRecord(record);
  store.finishRun(manifest.runId);
  console.log(`${count - had} of ${count} trajectories made and stored in ${seconds(started)} s`);
  return store;
};

const store = filled();
const records = (tokens = true) => store.readRecords(manifest.runId, { tokens });

const writeAll = (name: string, pieces: Iterable<string>): string => {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  for (const piece of pieces) writeSync(file, piece);
  closeSync(file);
  return path;
};

/** The head and tables of our page, then plain JSON and as much script as it takes to list and open. */
function* peerPage(ours: string): Generator<string> {
  const start = ours.indexOf('<script type="text/plain" data-block="chart">');
  yield ours.slice(0, start).replace(/<meta http-equiv[^>]*>/, '');
  yield '<script type="application/json" id="data">[';
  let comma = '';
  for (const record of records(false)) {
    yield comma + JSON.stringify(record).replaceAll('<', '\\u003c');
    comma = ',';
  }
  yield `]</script><script>
const all = JSON.parse(document.getElementById('data').textContent);
const of = (record) => record.outcome.rollout.trajectory;
const list = document.createElement('ol');
list.id = 'list';
document.getElementById('browser').append(list);
all.slice(0, 50).forEach((record) => {
  const item = document.createElement('li');
  item.textContent = of(record).question.text;
  list.append(item);
});
addEventListener('hashchange', () => {
  const { question, steps } = of(all[Number(location.hash.slice(3))]);
  const title = document.createElement('h2');
  title.id = 'trajectory-title';
  title.textContent = question.text;
  const lines = steps.map((step) => Object.assign(document.createElement('p'), { textContent: step.text ?? step.input }));
  document.getElementById('overview').hidden = true;
  document.getElementById('trajectory').hidden = false;
  document.getElementById('trajectory').replaceChildren(title, ...lines);
});
</script></body></html>`;
}

/** Notes when the first frame with a table, and the first with the list, was about to be drawn; milliseconds. */
const watch = `
globalThis.seen = {};
const look = () => {
  if (document.querySelector('#results table tbody td')) seen.table ??= performance.now();
  if (document.querySelector('#list li')) seen.list ??= performance.now();
  if (seen.list === undefined) requestAnimationFrame(look);
};
requestAnimationFrame(look);`;

const openOne = `new Promise((resolve) => {
  const start = performance.now();
  const look = () => document.querySelector('#trajectory:not([hidden]) #trajectory-title')
    ? resolve(performance.now() - start) : requestAnimationFrame(look);
  location.hash = '#t=${Math.floor(count / 2) + 7}';
  requestAnimationFrame(look);
})`;

/** Types a word and waits for the next frame: found anew, counted and drawn. */
const filterOne = `new Promise((resolve) => {
  const input = document.querySelector('#browser input[name=text]');
  const start = performance.now();
  input.value = 'mayor';
  input.dispatchEvent(new Event('input', { bubbles: true }));
  requestAnimationFrame(() => resolve(performance.now() - start));
})`;

const sortOnes = `new Promise((resolve) => {
  const input = document.querySelector('#browser select[name=sort]');
  const start = performance.now();
  document.querySelector('#browser input[name=text]').value = '';
  input.value = 'question';
  input.dispatchEvent(new Event('input', { bubbles: true }));
  requestAnimationFrame(() => resolve(performance.now() - start));
})`;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

const measured = ['table', 'list', 'open', 'filter', 'sort', 'heap'] as const;

type Times = Record<(typeof measured)[number], number>;

const patience = { timeout: 600_000 };

const drive = async (page: Page, path: string, ours: boolean): Promise<Times> => {
  await page.addInitScript(watch);
  await page.goto(pathToFileURL(path).href, patience);
  await page.waitForFunction('seen.list !== undefined', null, patience);
  const seen = (await page.evaluate('seen')) as { table: number; list: number };
  const run = async (script: string): Promise<number> => Number(await page.evaluate(script));
  const [filter, sort] = ours ? [await run(filterOne), await run(sortOnes)] : [0, 0];
  const open = await run(openOne);
  return { ...seen, filter, sort, open, heap: await run('performance.memory.usedJSHeapSize') };
};

const report = async (browser: Browser, name: string, path: string): Promise<void> => {
  const all: Times[] = [];
  for (let i = 0; i < visits; i++) {
    const page = await browser.newPage();
    all.push(await drive(page, path, name === 'ours'));
    await page.close();
  }
  const of = (key: keyof Times): string => median(all.map((times) => times[key])).toFixed(0);
  const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
  console.log(
    `${name}: ${mb(statSync(path).size)} MB, first table ${of('table')} ms, list ${of('list')} ms, filter by a word ${of('filter')} ms, sort ${of('sort')} ms, open one ${of('open')} ms, JS heap ${mb(Number(of('heap')))} MB`,
  );
};

const client = await bundleClient();
const begun = performance.now();
const summary = summarize(records(false), manifest);
console.log(`summarized in ${seconds(begun)} s`);
const writing = performance.now();
const ours = writeAll(
  'ours.html',
  renderReport({
    ...{ manifest, summary, records: records(), tokenTexts: () => texts },
    ...{ training: [], client, generatedBy: 'benchmark' },
  }),
);
const peak = process.resourceUsage().maxRSS / 1024;
console.log(`written in ${seconds(writing)} s, peak memory of the process ${peak.toFixed(0)} MB`);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--headless', '--disable-gpu', '--enable-precise-memory-info'],
});
console.log(`${count} trajectories, medians of ${visits} visits`);
await report(browser, 'ours', ours);
if (count <= mostPeers) {
  await report(browser, 'plain JSON', writeAll('peer.html', peerPage(readFileSync(ours, 'utf8'))));
}
await browser.close();
store.close();
rmSync(folder, { recursive: true });
