/**
 * `coa view` at size, over HTTP: `npx tsx benchmarks/view.ts [RUNS] [TRAJECTORIES] [FILE]` (default 1,000 runs of 20
 * trajectories in a temporary folder; an existing FILE of benchmarks/store-size.ts is served as it is and kept). Medians of
 * 9 requests on the clock, and their mean of the processor, server and asker together: where other work shares the cores,
 * the second says more. The first of each is said apart, since it reads what later ones find ready.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeMachine, openStore } from '@coa/store';
import { serveStore } from '@coa/view';
import { buildStore, runIdOf } from './store-size-build.ts';

const [runs, trajectories] = [Number(process.argv[2] ?? 1000), Number(process.argv[3] ?? 20)];
const folder = mkdtempSync(join(tmpdir(), 'coa-view-benchmark-'));
const file = process.argv[4] ?? join(folder, 'runs.db');
const times = 9;

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

type Fetched = { readonly ms: number; readonly bytes: number; readonly text: string };

const fetched = async (url: string): Promise<Fetched> => {
  const start = performance.now();
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
  return { ms: performance.now() - start, bytes: text.length, text };
};

const measure = async (name: string, url: string): Promise<Fetched> => {
  const first = await fetched(url);
  const each: number[] = [];
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) each.push((await fetched(url)).ms);
  const { user, system } = process.cpuUsage(before);
  const [middle, slowest] = [median(each), Math.max(...each)].map((ms) => ms.toFixed(1));
  const cpu = ((user + system) / 1000 / times).toFixed(1);
  console.log(
    `${name.padEnd(28)} ${middle!.padStart(8)} ms, processor ${cpu.padStart(7)} ms  first ${first.ms.toFixed(1)}, slowest ${slowest}, ${(first.bytes / 1000).toFixed(0)} kB`,
  );
  return first;
};

if (!existsSync(file)) buildStore(file, { runs, trajectories, trainings: 0 });
const store = openStore(file, { readonly: true });
const tokenTexts = async () => () => 'No tokenizer here.';
const server = await serveStore({ store, port: 0, tokenTexts, clock: () => performance.now() });
const { cpu, cores, node } = describeMachine();
const listed = store.listRuns();
const count = listed.reduce((sum, one) => sum + one.rollouts, 0);
console.log(
  `${listed.length} runs, ${count} trajectories; ${cpu}, ${cores} cores, Node ${node}, load ${loadavg()[0]!.toFixed(1)}`,
);
try {
  const run = `${server.url}run/${runIdOf(0)}`;
  await measure('the list of runs', server.url);
  await measure('the list, searched', `${server.url}?text=${runIdOf(1).slice(-4)}`);
  await measure('a run with its tables', run);
  const index = await measure('its list of trajectories', `${run}/source/index`);
  const version = index.text.slice(0, index.text.indexOf('\n'));
  await measure('fifty trajectories', `${run}/source/chunk/0?version=${version}`);
  const sides = ['AutoCoA', 'ReAct'].map((arm) => `${runIdOf(0)}:${arm}`);
  await measure('its two agents compared', `${server.url}compare?a=${sides[0]}&b=${sides[1]}`);
} finally {
  await server.close();
  store.close();
  rmSync(folder, { recursive: true, force: true });
}
