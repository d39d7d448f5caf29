/**
 * Speed of training and sampling: `npx nx run model:bench [--json] [--configs A,B,C] [--backends native,wasm]
 * [--threads 2,1] [--steps 5] [--python python3] [--profile]`. Beside it, where python3 has torch, PyTorch eager in the
 * same run (torch_twin.py, the same shapes). Every measurement is a process of its own; medians. One that fails is named,
 * and the exit code is 1. --profile: where a training step's time goes, by kernel.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { backendNames, nativeObstacle } from '@coa/compute';
import { benchConfigs, type Measured, type Mode, measure, type Task } from './model-measure.ts';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    configs: { type: 'string', default: 'A,B,C' },
    backends: { type: 'string', default: nativeObstacle() === null ? 'native,wasm' : 'wasm' },
    threads: { type: 'string', default: [...new Set([availableParallelism(), 1])].join() },
    steps: { type: 'string', default: '5' },
    python: { type: 'string', default: 'python3' },
    profile: { type: 'boolean', default: false },
    measure: { type: 'string' },
  },
});

type Place = {
  readonly config: string;
  readonly mode: Mode;
  readonly engine: string;
  readonly threads: number;
};

type Row = Place &
  Measured & {
    /** To PyTorch's speed in this run; null where it was not measured. */
    readonly ratio: number | null;
  };

/** A measurement that did not come to an end. */
type Failure = Place & { readonly message: string };

/** PyTorch on this machine: its version, or why it is left out. */
type Torch = { readonly version: string } | { readonly absent: string };

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const say = (line: string): void => {
  if (!options.json) console.error(line);
};

type Finished = { readonly line: string } | { readonly message: string };

/** The last line that a program printed, or how it failed. */
const lastLine = (command: string, args: readonly string[]): Finished => {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error) return { message: error.message };
  const line = stdout.trim().split('\n').at(-1) ?? '';
  if (status === 0 && line !== '') return { line };
  const lines = stderr.trim().split('\n');
  // of a stack trace, what was thrown; else the end
  const thrown = lines.find((one) => /^\w*Error\b/.test(one));
  const said = thrown ?? lines.slice(-3).join(' | ');
  const end = signal ? `killed by ${signal}` : `exit code ${status}`;
  return { message: `${end}${said === '' ? '' : `: ${said}`}` };
};

const findTorch = (): Torch => {
  const found = lastLine(options.python, ['-c', 'import torch; print(torch.__version__)']);
  if ('line' in found) return { version: found.line };
  return { absent: `${options.python} has no torch (${found.message})` };
};

const gemmShapes = [
  [1024, 1024, 1024],
  [3072, 1024, 256],
  [3072, 8192, 256],
];

const stepsOf = (config: string): number =>
  config === 'C' ? Math.min(3, Number(options.steps)) : Number(options.steps);

const torchArguments = ({ config, mode, threads }: Place): string[] => {
  const { batch, ...sizes } = benchConfigs[config]!;
  const settings = {
    mode,
    config: JSON.stringify({ ...sizes, batch: mode === 'sample' ? 32 : batch }),
    shapes: JSON.stringify(gemmShapes),
    threads: String(threads),
    warmup: '1',
    steps: String(stepsOf(config)),
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
};

const ownArguments = ({ config, mode, engine, threads }: Place): string[] => {
  const steps = stepsOf(config);
  const task = { config, mode, backend: engine, threads, steps, shapes: gemmShapes };
  return ['--import', 'tsx', file('model.ts'), '--measure', JSON.stringify(task)];
};

const measured = (place: Place): Measured | Failure => {
  const found =
    place.engine === 'pytorch'
      ? lastLine(options.python, [file('torch_twin.py'), ...torchArguments(place)])
      : lastLine(process.execPath, ownArguments(place));
  if ('message' in found) return { ...place, ...found };
  try {
    const parsed = JSON.parse(found.line) as Partial<Measured> & { peakBytes: number };
    const { tokensPerSecond = null, gflops = null, profile = null, peakBytes } = parsed;
    return { tokensPerSecond, gflops, profile, peakBytes };
  } catch {
    return { ...place, message: `it printed ${found.line.slice(0, 200)}` };
  }
};

const speedOf = ({ tokensPerSecond, gflops }: Measured): number =>
  tokensPerSecond ?? gflops?.[0] ?? Number.NaN;

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

const nameOf = ({ config, mode }: Place): string =>
  mode === 'gemm' ? 'gemm' : `${config} ${mode}`;

const describePlace = (place: Place): string =>
  `${nameOf(place).padEnd(10)} ${place.engine.padEnd(8)} ${place.threads} threads`;

const describeRow = (row: Row): string => {
  const { tokensPerSecond, gflops, profile, peakBytes, ratio } = row;
  const speed =
    tokensPerSecond === null
      ? `${(gflops ?? []).map((x) => x.toFixed(0)).join(' / ')} GFLOP/s`
      : `${tokensPerSecond.toFixed(0)} tokens/s`;
  const against = ratio === null ? '' : `  ${ratio.toFixed(2)} x PyTorch`;
  const shares = Object.entries(profile ?? {}).map(
    ([name, share]) => `\n           ${name.padEnd(24)} ${(100 * share).toFixed(1).padStart(5)} %`,
  );
  return `${describePlace(row)}  ${speed.padEnd(26)} peak ${megabytes(peakBytes).padStart(10)}${against}${shares.join('')}`;
};

/** PyTorch first, then ours, each said as soon as it is there. */
const compareEngines = (
  config: string,
  mode: Mode,
  threads: number,
  torch: Torch,
): (Row | Failure)[] => {
  const engines = options.backends.split(',');
  const withTorch = 'version' in torch && mode !== 'profile';
  let peer: Measured | null = null;
  return [...(withTorch ? ['pytorch'] : []), ...engines].map((engine) => {
    const place = { config, mode, engine, threads };
    const found = measured(place);
    if ('message' in found) {
      console.error(`${describePlace(place)}  FAILED: ${found.message}`);
      return found;
    }
    if (engine === 'pytorch') peer = found;
    const row = { ...place, ...found, ratio: peer ? speedOf(found) / speedOf(peer) : null };
    say(describeRow(row));
    return row;
  });
};

const assertOptions = (): void => {
  const { configs, backends, threads, steps } = options;
  const unknown = (given: string, known: readonly string[]) =>
    given.split(',').find((name) => !known.includes(name));
  const wrong: string | undefined =
    unknown(configs, Object.keys(benchConfigs)) ??
    unknown(backends, backendNames) ??
    [...threads.split(','), steps].find((count) => !/^[1-9]\d*$/.test(count));
  if (wrong === undefined) return;
  console.error(
    `'${wrong}' is none of the configs ${Object.keys(benchConfigs)}, the backends ${backendNames} or a count`,
  );
  process.exit(2);
};

const main = (): void => {
  assertOptions();
  const torch = findTorch();
  if ('absent' in torch)
    say(`${torch.absent}: PyTorch is left out (pip install torch, or --python)`);
  const modes: Mode[] = options.profile ? ['profile'] : ['train', 'sample'];
  const all = options.threads.split(',').flatMap((threads) => {
    const gemm = options.profile ? [] : compareEngines('A', 'gemm', Number(threads), torch);
    const rest = options.configs
      .split(',')
      .flatMap((config) =>
        modes.flatMap((mode) => compareEngines(config, mode, Number(threads), torch)),
      );
    return [...gemm, ...rest];
  });
  const failures = all.filter((one) => 'message' in one);
  const rows = all.filter((one) => !('message' in one));
  const machine = {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    node: process.version,
  };
  const facts = { machine, torch, configs: benchConfigs, gemmShapes, rows, failures };
  if (options.json) console.log(JSON.stringify(facts, null, 2));
  if (failures.length > 0) {
    console.error(`${failures.length} of ${all.length} measurements failed`);
    process.exitCode = 1;
  }
};

if (options.measure === undefined) main();
else console.log(JSON.stringify(await measure(JSON.parse(options.measure) as Task)));
