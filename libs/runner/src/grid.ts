import type { Arm } from './experiment.ts';

type Plain = string | number | boolean;

/** What one setting may be: a list of plain values, or values of any kind by name. */
type Choices = readonly Plain[] | Readonly<Record<string, unknown>>;

/** One combination of a grid: a value for each of its settings. */
export type Combination<Grid> = {
  readonly [Name in keyof Grid]: Grid[Name] extends readonly (infer Value)[]
    ? Value
    : Grid[Name][keyof Grid[Name]];
};

/** maxPairs -> max pairs. */
const words = (name: string): string =>
  name.replace(/(?<=[a-z0-9])[A-Z]/g, (capital) => ` ${capital.toLowerCase()}`);

const choicesOf = (setting: string, choices: Choices): (readonly [string, unknown])[] => {
  const named = Array.isArray(choices)
    ? (choices as readonly Plain[]).map((value) => [String(value), value] as const)
    : Object.entries(choices);
  if (named.length === 0) throw new RangeError(`setting '${setting}' of the grid has no values`);
  const whole = Array.isArray(choices) ? undefined : named.find(([name]) => /^\d+$/.test(name));
  if (whole) {
    throw new RangeError(
      `setting '${setting}' of the grid has a value named '${whole[0]}': names that are whole numbers would come first, wherever they stand; give a list of values, or other names`,
    );
  }
  return named.map(([name, value]) => [`${words(setting)} ${name}`, value] as const);
};

type Point = { readonly name: string; readonly values: Readonly<Record<string, unknown>> };

const extended = (points: readonly Point[], setting: string, choices: Choices): Point[] =>
  points.flatMap(({ name, values }) =>
    choicesOf(setting, choices).map(([choice, value]) => ({
      name: name === '' ? choice : `${name}, ${choice}`,
      values: { ...values, [setting]: value },
    })),
  );

/**
 * An arm for every combination of settings, named after it: `armsOf({ alpha: [0, 0.2], epochs: [1, 2] }, arm)` makes
 * `alpha 0, epochs 1`, `alpha 0, epochs 2` and so on. A setting is a list of plain values, or values of any kind by name.
 * Throws where a setting has no values, a value is named by a whole number (JavaScript would put it first), or two arms
 * would have one name.
 */
export const armsOf = <const Grid extends Readonly<Record<string, Choices>>>(
  grid: Grid,
  arm: (combination: Combination<Grid>) => Arm,
): Readonly<Record<string, Arm>> => {
  let points: readonly Point[] = [{ name: '', values: {} }];
  for (const [setting, choices] of Object.entries(grid)) {
    points = extended(points, setting, choices);
  }
  const arms = new Map<string, Arm>();
  for (const { name, values } of points) {
    if (arms.has(name)) throw new RangeError(`the grid names two arms '${name}'`);
    arms.set(name, arm(values as Combination<Grid>));
  }
  return Object.fromEntries(arms);
};
