import type { ComputeOptions } from '@coa/compute';
import type { Places } from './places.ts';

/** What a script is given. */
export type ScriptServices = {
  readonly places: Places;
  /** A folder of its own under COA_HOME, for checkpoints and models. */
  readonly folder: string;
  /** toy: seconds, to see that it runs. */
  readonly size: 'toy' | 'full';
  readonly seed: number;
  readonly compute: ComputeOptions;
  readonly stopping: AbortSignal;
  readonly say: (line: string) => void;
  readonly onProgress: (label: string, done: number, total: number) => void;
};

export type ScriptResult = {
  /** false: it was stopped; the same command goes on. */
  readonly complete: boolean;
  /** What it found, for people. */
  readonly table: string;
  /** The same as plain JSON. */
  readonly facts: unknown;
};

/** An experiment that trains by its own program, e.g. a pretraining; `experiments/<name>.ts` exports one. */
export type Script = {
  readonly kind: 'script';
  readonly name: string;
  readonly claim: string;
  readonly seed: number;
  readonly run: (services: ScriptServices) => Promise<ScriptResult>;
};

export const defineScript = (script: Omit<Script, 'kind'>): Script => {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(script.name)) {
    throw new Error(`experiment name '${script.name}' must be kebab-case, as its file name is`);
  }
  return { kind: 'script', ...script };
};
