/**
 * Speed of training and sampling: `npx nx run model:bench [--json] [--configs A,B,C] [--backends native,wasm]
 * [--threads 2,1] [--steps 5] [--python python3]`. Beside it, where python3 has torch, PyTorch eager in the same run
 * (torch_twin.py, the same shapes). Every measurement is a process of its own; medians.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BackendName, nativeObstacle } from '@coa/compute';
import { benchConfigs, type Measured, type Mode, measure } from './model-measure.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    configs: { type: 'string', default: 'A,B,C' },
    backends: { type: 'string', default: nativeObstacle() === null ? 'native,wasm' : 'wasm' },
    threads: { type: 'string', default: String(availableParallelism()) },
    steps: { type: 'string', default: '5' },
    python: { type: 'string', default: 'python3' },
    measure: { type: 'string' },
  },
});

type Row = Measured & {
  readonly config: string;
  readonly mode: Mode;
  readonly engine: string;
  readonly threads: number;
  /** To PyTorch's speed in this run; null where it was not measured. */
  readonly ratio: number | null;
};

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const say = (line: string): void => {
  if (!options.json) console.error(line);
};

const lastLine = (command: string, args: readonly string[]): string | null => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0)
    say(`${command} ${args.slice(0, 4).join(' ')}: ${stderr?.trim().split('\n').at(-1)}`);
  return status === 0 ? (stdout.trim().split('\n').at(-1) ?? null) : null;
};

const hasTorch = spawnSync(options.python, ['-c', 'import torch']).status === 0;

const gemmShapes = [
  [1024, 1024, 1024],
  [3072, 1024, 256],
  [3072, 8192, 256],
];

const torchRow = (config: string, mode: Mode, threads: number): Measured | null => {
  if (!hasTorch) return null;
  const { vocabulary, width, layers, heads, kvHeads, ffn, sequence, batch } = benchConfigs[config]!;
  const sizes = {
    vocabulary,
    width,
    layers,
    heads,
    kvHeads,
    ffn,
    sequence,
    batch: mode === 'sample' ? 32 : batch,
  };
  const steps = config === 'C' ? '3' : options.steps;
  const args = [
    '--mode',
    mode,
    '--config',
    JSON.stringify(sizes),
    '--shapes',
    JSON.stringify(gemmShapes),
    '--threads',
    String(threads),
    '--warmup',
    '1',
    '--steps',
    steps,
  ];
  const line = lastLine(options.python, [file('torch_twin.py'), ...args]);
  if (line === null) return null;
  const {
    tokensPerSecond = null,
    gflops = null,
    peakBytes,
  } = JSON.parse(line) as Partial<Measured> & { peakBytes: number };
  return { tokensPerSecond, gflops, peakBytes };
};

const ownRow = (config: string, mode: Mode, backend: string, threads: number): Measured | null => {
  const task = {
    config,
    mode,
    backend,
    threads,
    steps: config === 'C' ? 3 : Number(options.steps),
    shapes: gemmShapes,
  };
  const line = lastLine(process.execPath, [
    '--import',
    'tsx',
    file('model.ts'),
    '--measure',
    JSON.stringify(task),
  ]);
  return line === null ? null : (JSON.parse(line) as Measured);
};

const speedOf = ({ tokensPerSecond, gflops }: Measured): number =>
  tokensPerSecond ?? gflops?.[0] ?? Number.NaN;

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

const describeRow = ({
  config,
  mode,
  engine,
  threads,
  tokensPerSecond,
  gflops,
  peakBytes,
  ratio,
}: Row): string => {
  const speed =
    tokensPerSecond === null
      ? `${gflops!.map((x) => x.toFixed(0)).join(' / ')} GFLOP/s`
      : `${tokensPerSecond.toFixed(0)} tokens/s`;
  const name = mode === 'gemm' ? 'gemm' : `${config} ${mode}`;
  const against = ratio === null ? '' : `  ${ratio.toFixed(2)} x PyTorch`;
  return `${name.padEnd(10)} ${engine.padEnd(8)} ${threads} threads  ${speed.padEnd(26)} ${megabytes(peakBytes).padStart(10)}${against}`;
};

const compareEngines = (config: string, mode: Mode, threads: number): Row[] => {
  const torch = torchRow(config, mode, threads);
  const rows = options.backends
    .split(',')
    .map((engine) => ({ engine, measured: ownRow(config, mode, engine, threads) }));
  const all = [{ engine: 'pytorch', measured: torch }, ...rows].flatMap(({ engine, measured }) =>
    measured
      ? [
          {
            config,
            mode,
            engine,
            threads,
            ...measured,
            ratio: torch ? speedOf(measured) / speedOf(torch) : null,
          },
        ]
      : [],
  );
  for (const row of all) say(describeRow(row));
  return all;
};

const main = (): void => {
  const threadCounts = options.threads.split(',').map(Number);
  const rows = threadCounts.flatMap((threads) => [
    ...compareEngines('A', 'gemm', threads),
    ...options.configs
      .split(',')
      .flatMap((config) =>
        (['train', 'sample'] as const).flatMap((mode) => compareEngines(config, mode, threads)),
      ),
  ]);
  const machine = {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
  };
  if (options.json)
    console.log(JSON.stringify({ machine, configs: benchConfigs, gemmShapes, rows }, null, 2));
};

if (options.measure === undefined) {
  if (!hasTorch)
    say(`${options.python} has no torch: PyTorch is left out (pip install torch, or --python)`);
  main();
} else {
  const task = JSON.parse(options.measure) as { backend: BackendName } & Parameters<
    typeof measure
  >[0];
  console.log(JSON.stringify(await measure(task)));
}
