/**
 * Size and speed of one report: `npx tsx benchmarks/report.ts [COUNT] [STORE]` (default 10,000 trajectories on Atlas with their
 * tokens, see report-records.ts; what STORE has of them is not made again). Peer, up to 10,000: the same page with the
 * same trajectories as plain JSON, parsed whole. Needs Chromium (CHROMIUM); KEEP=1 leaves the
 * page.
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

/** Chooses in a field of the filters and waits for the next frame: found anew, counted and drawn. */
const choose = (field: string, value: string): string => `new Promise((resolve) => {
  const start = performance.now();
  const input = document.querySelector('#browser [name=${field}]');
  input.value = '${value}';
  input.dispatchEvent(new Event('input', { bubbles: true }));
  requestAnimationFrame(() => resolve(performance.now() - start));
})`;

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Milliseconds until it was seen, and of the main thread's own time: the first grows with whatever else the machine does. */
type Taken = { readonly seen: number; readonly busy: number };

type Visit = Readonly<Record<'list' | 'filter' | 'sort' | 'open', Taken>> & {
  readonly table: number;
  readonly heap: number;
};

const patience = { timeout: 900_000 };

/** Main thread time since the last call, in milliseconds. */
const stopwatch = async (page: Page): Promise<() => Promise<number>> => {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  let last = 0;
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const now = 1000 * metrics.find(({ name }) => name === 'TaskDuration')!.value;
    const taken = now - last;
    last = now;
    return taken;
  };
};

const visit = async (page: Page, path: string, ours: boolean): Promise<Visit> => {
  page.setDefaultTimeout(patience.timeout);
  await page.addInitScript(watch);
  const busy = await stopwatch(page);
  await page.goto(pathToFileURL(path).href, patience);
  await page.waitForFunction('seen.list !== undefined', null, patience);
  const seen = (await page.evaluate('seen')) as { table: number; list: number };
  const list = { seen: seen.list, busy: await busy() };
  const run = async (script: string): Promise<Taken> => ({
    seen: Number(await page.evaluate(script)),
    busy: await busy(),
  });
  const nothing = { seen: 0, busy: 0 };
  const filter = ours ? await run(choose('text', 'mayor')) : nothing;
  const sort = ours
    ? await run(`${choose('text', '')}.then(() => ${choose('sort', 'question')})`)
    : nothing;
  const open = await run(openOne);
  const heap = Number(await page.evaluate('performance.memory.usedJSHeapSize'));
  return { table: seen.table, list, filter, sort, open, heap };
};

const report = async (browser: Browser, name: string, path: string): Promise<void> => {
  const all: Visit[] = [];
  for (let i = 0; i < visits; i++) {
    const page = await browser.newPage();
    all.push(await visit(page, path, name === 'ours'));
    await page.close();
  }
  const of = (key: 'list' | 'filter' | 'sort' | 'open'): string => {
    const [seen, busy] = (['seen', 'busy'] as const).map((which) =>
      median(all.map((one) => one[key][which])).toFixed(0),
    );
    return `${seen} (${busy})`;
  };
  const seenTable = median(all.map(({ table }) => table)).toFixed(0);
  const mb = (bytes: number): string => (bytes / 1e6).toFixed(1);
  console.log(
    `${name}: ${mb(statSync(path).size)} MB; ms until seen (main thread busy): first table ${seenTable}, list ${of('list')}, filter by a word ${of('filter')}, sort ${of('sort')}, open one ${of('open')}; JS heap ${mb(median(all.map(({ heap }) => heap)))} MB`,
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
if (process.env.KEEP) console.log(`kept: ${ours}`);
else rmSync(folder, { recursive: true });
