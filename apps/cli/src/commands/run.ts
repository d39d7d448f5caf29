import { join } from 'node:path';
import type { ComputeOptions } from '@coa/compute';
import {
  type Experiment,
  loadExperiment,
  type Overrides,
  runExperiment,
  type Script,
} from '@coa/runner';
import { Command, InvalidArgumentError } from 'commander';
import { home, root } from '../paths.ts';
import { progressBars } from '../progress.ts';
import { stopSignals } from '../stop-signals.ts';
import { computeOptions } from './doctor.ts';

const wholeNumber =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least) {
      throw new InvalidArgumentError(`'${text}' is not a whole number of at least ${least}.`);
    }
    return value;
  };

const list = (text: string): string[] => text.split(',').map((name) => name.trim());

type Options = Overrides &
  ComputeOptions & {
    readonly concurrency?: number;
    readonly judge?: string;
    readonly store?: string;
    readonly json?: boolean;
    readonly toy?: boolean;
  };

/** `coa run NAME`: runs `experiments/NAME.ts`, prints the comparison, writes `reports/NAME/index.html`. */
export const runCommand = (): Command => {
  const command = new Command('run')
    .description('Run an experiment; the same command again goes on where it stopped')
    .argument('<name>', 'a file of experiments/, without .ts')
    .option('--limit <n>', 'questions per set', wholeNumber(1))
    .option('--track <name>', 'another version of the experiment, e.g. qa-eval has wiki')
    .option('--datasets <names>', 'question sets, separated by commas', list)
    .option('--arms <names>', 'arms, separated by commas', list)
    .option(
      '--model <spec>',
      'a known model, a .gguf file, a model folder, or openai:URL#MODEL (chat: openai-chat:URL#MODEL)',
    )
    .option('--seed <n>', 'root seed', wholeNumber(0))
    .option('--repeats <n>', 'samples per question', wholeNumber(1))
    .option(
      '--concurrency <n>',
      'rollouts at once (default: what the model serves)',
      wholeNumber(1),
    )
    .option('--judge <spec>', 'also let this model judge the answers (majority of 3 votes)')
    .option('--store <file>', 'run store (default: runs.db in COA_HOME)')
    .option('--json', 'print the result as JSON')
    .option('--toy', 'every arm and stage in seconds, to see that it runs; a report of its own')
    .addHelpText(
      'after',
      "\nExamples:\n  coa run qa-eval --limit 2\n  coa run qa-eval --datasets primer-nq --arms ReAct --seed 1\n  coa run qa-eval --model openai:http://127.0.0.1:8000/v1#Qwen2.5-7B-Instruct\n  (a served model's key is read from OPENAI_API_KEY)",
    )
    .action(run);
  for (const option of computeOptions()) command.addOption(option);
  return command;
};

/** A training script: its own table, nothing in the run store. */
const train = async (script: Script, options: Options): Promise<void> => {
  const bars = progressBars();
  const { complete, table, facts } = await script
    .run({
      places: { home: home(), root },
      folder: join(home(), 'training', script.name),
      size: options.toy ? 'toy' : 'full',
      seed: options.seed ?? script.seed,
      compute: options,
      stopping: stopSignals().stopping,
      say: (line) => console.error(line),
      onProgress: bars.update,
    })
    .finally(bars.stop);
  console.log(options.json ? JSON.stringify(facts, null, 2) : table);
  if (complete) return;
  console.error('Stopped; the same command goes on.');
  process.exitCode = 130;
};

const run = async (name: string, options: Options): Promise<void> => {
  const loaded = await loadExperiment(name, root);
  if ('kind' in loaded) await train(loaded, options);
  else await evaluate(loaded, options);
};

const evaluate = async (experiment: Experiment, options: Options): Promise<void> => {
  const { concurrency, judge, store, json, backend, threads, ...overrides } = options;
  const bars = progressBars();
  const result = await runExperiment(experiment, overrides, {
    compute: { ...(backend && { backend }), ...(threads && { threads }) },
    places: { home: home(), root },
    command: ['coa', ...process.argv.slice(2)].join(' '),
    ...stopSignals(),
    ...(concurrency !== undefined && { concurrency }),
    ...(judge !== undefined && { judge }),
    ...(process.env.OPENAI_API_KEY && { apiKey: process.env.OPENAI_API_KEY }),
    ...(store !== undefined && { storeFile: store }),
    say: (line) => console.error(line),
    onProgress: bars.update,
  }).finally(bars.stop);
  const { table, ...facts } = result;
  console.log(json ? JSON.stringify(facts, null, 2) : `${table}\n\n${result.report}`);
  if (result.errors > 0) {
    console.error(
      `${result.errors} rollouts failed (coa report shows why); the same command tries them again.`,
    );
    process.exitCode = 1;
  }
  if (!result.complete) {
    console.error(
      `${result.total - result.resumed - result.made} rollouts are left; the same command goes on.`,
    );
    process.exitCode = 130;
  }
};
