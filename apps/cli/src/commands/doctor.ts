import {
  adviceFor,
  backendNames,
  type Compute,
  type ComputeOptions,
  openCompute,
  productSpeed,
  readMachine,
} from '@coa/compute';
import { Command, InvalidArgumentError, Option } from 'commander';

const threadCount = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 64) return value;
  throw new InvalidArgumentError(`'${text}' is not a whole number from 1 to 64.`);
};

/** `--backend` and `--threads`, as every command that computes takes them. */
export const computeOptions = (): Option[] => [
  new Option('--backend <name>', 'what computes (default: native kernels, else WASM)').choices([
    'auto',
    ...backendNames,
  ]),
  new Option('--threads <n>', 'threads in all (default: the cores)').argParser(threadCount),
];

const printed = (compute: Compute, speed: number, advice: readonly string[]): string => {
  const { cpu, cores, memoryBytes, node } = readMachine();
  return [
    `backend   ${compute.backend} (${compute.detail}): ${compute.why}`,
    `threads   ${compute.threads ?? 'chosen by the library'}`,
    `speed     ${speed.toFixed(speed < 10 ? 1 : 0)} GFLOP/s in a 768 x 768 product`,
    `machine   ${cpu}, ${cores} cores, ${(memoryBytes / 2 ** 30).toFixed(0)} GiB, Node ${node}`,
    ...(advice.length === 0 ? ['faster    nothing that is known would be faster here'] : []),
    ...advice.map((line) => `faster    ${line}`),
  ].join('\n');
};

/** `coa doctor`: which backend runs, why, with how many threads, and what would make it faster. */
export const doctorCommand = (): Command => {
  const command = new Command('doctor')
    .description('Say what computes here, why, how fast, and what would be faster')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExamples:\n  coa doctor\n  coa doctor --backend wasm --threads 1')
    .action(async ({ json, ...options }: ComputeOptions & { readonly json?: boolean }) => {
      const compute = await openCompute(options);
      const speed = productSpeed();
      const machine = readMachine();
      const advice = adviceFor(compute, machine);
      console.log(
        json
          ? JSON.stringify({ ...compute, gflops: speed, machine, advice }, null, 2)
          : printed(compute, speed, advice),
      );
    });
  for (const option of computeOptions()) command.addOption(option);
  return command;
};
