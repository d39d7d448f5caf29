import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constantName } from './names.ts';

/** What a new ablation begins as: one setting of one stage, in a grid, against the arm that has the usual value. */
const template = `import { atlasSetNames } from '@coa/atlas';
import {
  armsOf,
  atlasModel,
  atlasRecipe,
  atlasSearch,
  defineExperiment,
  sft2,
  standardMetrics,
  trainedArm,
} from '@coa/runner';

/** What the ablation changes; all else is the same in every arm. */
const changed = (epochs: number) => ({ ...sft2, config: { ...sft2.config, epochs } });

export const CONSTANT = defineExperiment({
  name: 'NAME',
  claim: 'What you expect to find, in one sentence; the report prints it.',
  arms: armsOf({ epochs: [1, 2, 4] }, ({ epochs }) => trainedArm(atlasRecipe(changed(epochs)))),
  baseline: 'epochs 1',
  datasets: atlasSetNames,
  questionsPerDataset: 100,
  repeats: 1,
  seed: 0,
  model: atlasModel,
  search: atlasSearch,
  metrics: standardMetrics,
});
`;

const withoutEnding = (file: string): string => file.slice(0, -'.ts'.length);

/** Names of `experiments/`, as their files have them. */
export const experimentNames = (root: string): string[] =>
  readdirSync(join(root, 'experiments'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map(withoutEnding);

const sourceOf = (from: string, root: string): string => {
  const file = join(root, 'experiments', `${from}.ts`);
  if (experimentNames(root).includes(from) && existsSync(file)) return readFileSync(file, 'utf8');
  throw new Error(
    `no experiment '${from}' to begin from; experiments/ has: ${experimentNames(root).join(', ')}`,
  );
};

/** The one match of a pattern; throws where a file is not written as experiments are. */
const only = (text: string, pattern: RegExp, what: string): string => {
  const [match, another] = [...text.matchAll(pattern)];
  if (match?.[1] !== undefined && another === undefined) return match[1];
  throw new Error(`cannot copy it: its file has not exactly one ${what}`);
};

/** The text of another experiment under a new name. */
const renamed = (text: string, from: string, name: string): string => {
  const constant = only(
    text,
    /export const (\w+) = define(?:Experiment|Script)\(/g,
    'exported experiment',
  );
  const quoted = only(text, new RegExp(`name: ('${from}'),`, 'g'), `name: '${from}'`);
  return text
    .replace(`name: ${quoted},`, `name: '${name}',`)
    .replaceAll(`experiments:${from}\``, `experiments:${name}\``)
    .replace(new RegExp(`\\b${constant}\\b`, 'g'), constantName(name, 'Ablation', text));
};

/** The source of a new experiment: the template, or what `from` is. */
export const ablationSource = (name: string, from: string | undefined, root: string): string => {
  if (from !== undefined) return renamed(sourceOf(from, root), from, name);
  const constant = constantName(name, 'Ablation', template);
  return template.replace('CONSTANT', constant).replace('NAME', name);
};
