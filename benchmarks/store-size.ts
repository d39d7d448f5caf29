/**
 * The run store at size: `npx tsx benchmarks/store-size.ts [RUNS] [TRAJECTORIES] [FILE]` (default 1,000 runs of 1,000
 * trajectories, 1.8 GB in a temporary folder; an existing FILE is measured as it is and kept). Medians of 7, on the
 * clock and of the processor: where other work shares the cores, the second says more. Its peer is the same list without
 * kept counts, counted from the rows.
 */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareSides, defaultDifference } from '@coa/compare';
import {
  describeMachine,
  exportRun,
  mergeStore,
  openStore,
  type Store,
  vacuumStore,
} from '@coa/store';
import Database from 'better-sqlite3';
import { arms, buildStore, runIdOf, sizedRecord } from './store-size-build.ts';

const [runs, trajectories] = [Number(process.argv[2] ?? 1000), Number(process.argv[3] ?? 1000)];
const given = process.argv[4];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

type Time = { readonly clock: number; readonly cpu: number };

const timed = (work: () => unknown): Time => {
  const [start, before] = [performance.now(), process.cpuUsage()];
  work();
  const { user, system } = process.cpuUsage(before);
  return { clock: performance.now() - start, cpu: (user + system) / 1000 };
};

const print = (name: string, { clock, cpu }: Time, note = ''): void =>
  console.log(
    `${name.padEnd(56)} ${clock.toFixed(1).padStart(9)} ms, processor ${cpu.toFixed(1).padStart(9)} ms  ${note}`,
  );

const measure = (name: string, work: () => unknown, times = 7): void => {
  const each = Array.from({ length: times }, () => timed(work));
  const [clock, cpu] = [each.map((time) => time.clock), each.map((time) => time.cpu)];
  print(
    name,
    { clock: median(clock), cpu: median(cpu) },
    `slowest ${Math.max(...clock).toFixed(1)}`,
  );
};

const drained = (pieces: Iterable<unknown>): number => {
  let count = 0;
  for (const _ of pieces) count += 1;
  return count;
};

const measureReads = (store: Store, file: string): void => {
  const [id, other] = [runIdOf(Math.floor(runs / 2)), runIdOf(Math.floor(runs / 3))];
  const opened = <T>(work: (store: Store) => T): T => {
    const fresh = openStore(file, { readonly: true });
    try {
      return work(fresh);
    } finally {
      fresh.close();
    }
  };
  measure('open and list every run (coa runs list)', () => opened((fresh) => fresh.listRuns()));
  measure('list every run, store open (coa view)', () => store.listRuns());
  measure('list the runs of a label', () => store.listRuns({ labels: ['paper'] }));
  measure("one run's means by arm and set (coa runs show)", () => store.summarizeRun(id));
  measure('find a run by its id', () => store.resolveRun(id));
  measure('20 newest rollouts of a run', () => drained(store.readRecords(id, { newest: 20 })));
  measure('list every training', () => store.listTrainings());
  measure('20 newest steps of a training', () =>
    store.readTrainingSteps('0000000000000001', { newest: 20 }),
  );
  const side = (runId: string, arm: string) => ({
    ...{ manifest: store.readManifest(runId), arm },
    records: store.readRecords(runId, { arm, tokens: false }),
  });
  measure('compare two runs, records read and differences tested', () =>
    compareSides(side(id, arms[0]), side(other, arms[0]), 'exactMatch', defaultDifference),
  );
  for (const format of ['csv', 'jsonl', 'parquet'] as const)
    measure(`export one run, ${format}`, () => drained(exportRun(store, id, { format })), 3);
};

/** What `listRuns` read before counts were kept. */
const measurePeer = (file: string): void => {
  const client = new Database(file, { readonly: true });
  const sql = `SELECT arms.id, count(*), avg(value) FROM arms JOIN rollouts ON rollouts.arm_id = arms.id
    LEFT JOIN metric_values ON rollout_id = rollouts.id AND metric = 'exactMatch' GROUP BY arms.id`;
  measure('peer: the same list counted from the rows', () => client.prepare(sql).all(), 3);
  client.close();
};

const measureWrites = (file: string): void => {
  const store = openStore(file);
  const [first] = store.readRecords(runIdOf(0));
  const asked =
    first!.outcome.kind === 'rollout' ? first!.outcome.rollout.trajectory.question : null;
  const count = 500;
  const manifest = { ...store.readManifest(runIdOf(0)), runId: 'live', repeats: count };
  const started = timed(() => store.startRun(manifest));
  print('start a run', started);
  const records = Array.from({ length: count }, (_, repeat) =>
    sizedRecord({ runId: 'live', arm: arms[0], repeat, seed: repeat, question: asked! }),
  );
  const stored = timed(() => records.forEach(store.appendRecord));
  print(
    `store ${count} trajectories in it`,
    stored,
    `${Math.round((1000 * count) / stored.clock)}/s`,
  );
  store.finishRun('live');
  print(
    'delete it',
    timed(() => store.deleteRun('live')),
  );
  store.close();
};

/** Of a store of its own: vacuum has a tenth of it to give back, merge brings all of it into an empty one, then nothing. */
const measureMaintenance = (file: string, folder: string): void => {
  const store = openStore(file);
  const deleted = Array.from({ length: Math.floor(runs / 10) }, (_, i) => runIdOf(i + 2));
  print(
    `delete ${deleted.length} runs`,
    timed(() => deleted.forEach(store.deleteRun)),
  );
  store.close();
  const before = statSync(file).size;
  const vacuumed = timed(() => vacuumStore(file));
  const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;
  print('vacuum', vacuumed, `${megabytes(before)} became ${megabytes(statSync(file).size)}`);
  const other = join(folder, 'merged.db');
  for (const name of ['merge into an empty store', 'merge again, nothing is new'])
    print(
      name,
      timed(() => mergeStore(other, file)),
    );
};

const folder = given ? null : mkdtempSync(join(tmpdir(), 'coa-store-size-'));
const file = given ?? join(folder!, 'runs.db');
try {
  const { cpu, cores, node } = describeMachine();
  const [load] = loadavg() as [number, number, number];
  console.log(`${cores} cores, ${cpu}, Node ${node}, load ${load.toFixed(1)}`);
  if (!existsSync(file)) {
    const rate = buildStore(file, { runs, trajectories, trainings: 200 });
    console.log(`first run stored at ${Math.round(rate)} trajectories a second`);
  }
  const writer = openStore(file);
  writer.labelRun(runIdOf(1), { add: ['paper'] });
  writer.close();
  const store = openStore(file, { readonly: true });
  const listed = store.listRuns();
  const held = listed.reduce((sum, run) => sum + run.rollouts, 0);
  const bytes = statSync(file).size;
  console.log(
    `${listed.length} runs, ${held.toLocaleString('en')} trajectories, ${(bytes / 1e6).toFixed(0)} MB, ${Math.round(bytes / held)} bytes each`,
  );
  measureReads(store, file);
  store.close();
  measurePeer(file);
  measureWrites(file);
  if (folder) measureMaintenance(file, folder);
} finally {
  if (folder) rmSync(folder, { recursive: true, force: true });
}
