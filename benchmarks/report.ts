/**
 * Size and speed of one report: `npx tsx benchmarks/report.ts [COUNT]` (default 10,000 trajectories: three searches of
 * three passages each, thoughts between). Peer: the same page with the same trajectories as plain JSON, parsed whole.
 * Passages are those of ../shared (COA_SHARED) where it is at hand, else made-up words. Needs Chromium (CHROMIUM).
 */
import {
  closeSync,
  existsSync,
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
import { gunzipSync } from 'node:zlib';
import { type Manifest, type Passage, type RunRecord, type Step, seededRng } from '@coa/core';
import { renderReport, summarize } from '@coa/report';
import { bundleClient } from '@coa/report/bundle';
import { type Browser, chromium } from 'playwright-core';

const count = Number(process.argv[2] ?? 10_000);
const sets = ['nq', 'triviaqa', 'hotpotqa', '2wikimultihopqa', 'musique', 'bamboogle'];
const arms = ['AutoCoA', 'ReAct', 'Model only'];
const perArm = Math.ceil(count / arms.length);

const madeUp = (): Passage[] => {
  const rng = seededRng(1);
  const syllables = ['ra', 'lo', 'ti', 'men', 'sa', 'ver', 'ko', 'dun', 'pel', 'gri', 'os', 'an'];
  const word = (): string =>
    Array.from({ length: 1 + Math.floor(rng() * 3) }, () => syllables[Math.floor(rng() * 12)]).join(
      '',
    );
  const words = Array.from({ length: 20_000 }, word);
  // Squared: few words are frequent and most are rare, as in real text.
  const text = (length: number): string =>
    Array.from({ length }, () => words[Math.floor(rng() ** 2 * words.length)]).join(' ');
  return Array.from({ length: 20_000 }, (_, i) => ({
    id: `p${i}`,
    title: text(2),
    text: text(90),
  }));
};

const corpus = `${process.env.COA_SHARED ?? '../shared'}/data/corpus.jsonl.gz`;
const passages: readonly Passage[] = existsSync(corpus)
  ? gunzipSync(readFileSync(corpus))
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Passage)
  : madeUp();

const manifest: Manifest = {
  runId: 'benchmark',
  experiment: 'benchmark',
  claim: 'none',
  command: 'npx tsx benchmarks/report.ts',
  rootSeed: 0,
  repeats: 1,
  arms: Object.fromEntries(arms.map((arm) => [arm, {}])),
  datasets: sets.map((name) => ({ name, questions: Math.ceil(count / 18), sha256: '' })),
  metrics: [{ id: 'exactMatch', version: 1 }],
  model: { name: 'none', fingerprint: 'none' },
  environment: { name: 'none', fingerprint: 'none' },
  prompts: {},
  revision: { commit: 'unknown', dirty: true, lockfile: 'unknown' },
  machine: { node: process.version, cpu: 'unknown', cores: 0, platform: process.platform },
  startedAt: '2026-01-01T00:00:00.000Z',
};

const searched = (pool: readonly Passage[], rng: () => number): Step[] => {
  const shown = [0, 1, 2].map(() => pool[Math.floor(rng() * pool.length)]!);
  const about = shown[0]!;
  return [
    {
      kind: 'think',
      text: `I know that ${about.text.slice(0, 180)} So I should look for ${about.title}.`,
    },
    { kind: 'action', tool: 'search', input: `${about.title} ${about.text.slice(0, 40)}` },
    {
      kind: 'observation',
      text: shown
        .map(({ title, text }, i) => `result ${i + 1}: "${title}"\n${text.slice(0, 1500)}`)
        .join('\n'),
      passageIds: shown.map(({ id }) => id),
      failure: null,
    },
  ];
};

const recordAt = (i: number): RunRecord => {
  const rng = seededRng(i);
  // Arm by arm, as a stored run is read: what the arms share lies too far apart for deflate to find it.
  const place = i % perArm;
  // The three arms see the same dozen passages of a question.
  const pool = Array.from({ length: 12 }, (_, k) => passages[(place * 12 + k) % passages.length]!);
  const right = rng() < 0.2 ? 1 : 0;
  const steps: Step[] = [0, 1, 2].flatMap(() => searched(pool, rng));
  return {
    runId: 'benchmark',
    arm: arms[Math.floor(i / perArm)]!,
    repeat: 0,
    seed: i,
    outcome: {
      kind: 'rollout',
      rollout: {
        trajectory: {
          question: {
            id: `question-${place}`,
            dataset: sets[place % sets.length]!,
            split: 'test',
            text: `Where was the person born of whom it is said: ${pool[0]!.text.slice(0, 70)}?`,
            golds: [pool[1]!.title],
            supporting: [{ title: pool[0]!.title, passageId: pool[0]!.id }],
            supportComplete: true,
            type: null,
            hops: 2,
          },
          protocol: 'coa@1',
          steps: [...steps, { kind: 'answer', text: pool[right]!.title }],
          stop: 'answered',
        },
        tokens: null,
        usage: { promptTokens: 3000, completionTokens: 300, requests: 4 },
      },
    },
    metrics: { exactMatch: right, tokenF1: rng(), releasedReward: right, actionSteps: 3 },
    seconds: 10 * rng(),
  };
};

function* records(): Generator<RunRecord> {
  for (let i = 0; i < count; i++) yield recordAt(i);
}

const folder = mkdtempSync(join(tmpdir(), 'coa-report-benchmark-'));

const writeAll = (name: string, pieces: Iterable<string>): string => {
  const path = join(folder, name);
  const file = openSync(path, 'w');
  for (const piece of pieces) writeSync(file, piece);
  closeSync(file);
  return path;
};

/** The head and tables of our page, then plain JSON and as much script as it takes to list and open. */
function* peerPage(ours: string): Generator<string> {
  const start = ours.indexOf('<script type="text/plain" data-chart>');
  yield ours.slice(0, start).replace(/<meta http-equiv[^>]*>/, '');
  yield '<script type="application/json" id="data">[';
  let comma = '';
  for (const record of records()) {
    yield comma + JSON.stringify(record).replaceAll('<', '\\u003c');
    comma = ',';
  }
  yield `]</script><script>
const all = JSON.parse(document.getElementById('data').textContent);
const of = (record) => record.outcome.rollout.trajectory;
const list = document.getElementById('list');
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

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

type Times = { table: number; list: number; open: number; heap: number };

const visit = async (browser: Browser, path: string): Promise<Times> => {
  const page = await browser.newPage();
  await page.addInitScript(watch);
  await page.goto(pathToFileURL(path).href, { timeout: 120_000 });
  await page.waitForFunction('seen.list !== undefined', null, { timeout: 120_000 });
  const seen = (await page.evaluate('seen')) as { table: number; list: number };
  const open = (await page.evaluate(openOne)) as number;
  const heap = (await page.evaluate('performance.memory.usedJSHeapSize')) as number;
  await page.close();
  return { ...seen, open, heap };
};

const report = async (browser: Browser, name: string, path: string): Promise<void> => {
  const visits: Times[] = [];
  for (let i = 0; i < 5; i++) visits.push(await visit(browser, path));
  const of = (key: keyof Times): number => median(visits.map((times) => times[key]));
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1).padStart(7);
  const ms = (value: number): string => value.toFixed(0).padStart(6);
  console.log(
    `${name.padEnd(12)}${megabytes(statSync(path).size)} MB  first table ${ms(of('table'))} ms  list ${ms(of('list'))} ms  open one ${ms(of('open'))} ms  JS heap ${megabytes(of('heap'))} MB`,
  );
};

const client = await bundleClient();
const started = performance.now();
const summary = summarize(records(), manifest);
const summarized = performance.now();
const ours = writeAll(
  'ours.html',
  renderReport({
    manifest,
    summary,
    records: records(),
    training: [],
    client,
    generatedBy: 'benchmark',
  }),
);
const written = performance.now();
const peer = writeAll('peer.html', peerPage(readFileSync(ours, 'utf8')));
const peak = process.resourceUsage().maxRSS / 1024;
console.log(
  `${count} trajectories over ${existsSync(corpus) ? 'real' : 'made-up'} passages: summarized in ${((summarized - started) / 1000).toFixed(1)} s, written in ${((written - summarized) / 1000).toFixed(1)} s (making the records included), peak ${peak.toFixed(0)} MB`,
);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--headless', '--disable-gpu', '--enable-precise-memory-info'],
});
console.log('medians of 5 visits');
await report(browser, 'ours', ours);
await report(browser, 'plain JSON', peer);
await browser.close();
rmSync(folder, { recursive: true });
