import type { LineChart } from './client/chart-data.ts';
import type { Table } from './table.ts';

/** The steps of one training, e.g. of a stage under one seed. */
export type TrainingCurve = {
  readonly stage: string;
  readonly seed: number;
  readonly steps: readonly {
    readonly step: number;
    readonly numbers: Readonly<Record<string, number | null>>;
  }[];
};

const sft = { id: 'sft', name: 'SFT', by: null } as const;

/** Kinds of stages in their order, with a number that only they report; any other stage is SFT. */
const kinds = [
  { id: 'contrastive', name: 'contrastive', by: 'contrastive' },
  sft,
  { id: 'grpo', name: 'GRPO', by: 'reward' },
] as const;

type Kind = (typeof kinds)[number];

const kindOf = (curves: readonly TrainingCurve[]): Kind => {
  const steps = curves.flatMap((curve) => curve.steps);
  return kinds.find(({ by }) => by && steps.some(({ numbers }) => by in numbers)) ?? sft;
};

/** What is another number in another kind of stage, of another size: each kind has a chart of its own. */
const byKind: ReadonlySet<string> = new Set(['loss', 'gradientNorm']);

/** What is drawn, and in which words. */
const drawn = [
  ['loss', 'Loss', 1],
  ['reward', 'Mean reward of a batch', 1],
  ['exactMatch', 'Exact match of a batch, per cent', 100],
  ['actions', 'Action steps a rollout', 1],
  ['entropy', 'Entropy, nats a token', 1],
  ['kl', 'KL from the reference, nats a token', 1],
  ['zeroVariance', 'Groups without variance, per cent', 100],
  ['realCalls', 'Tool calls of a batch, real', 1],
  ['simulatedCalls', 'Tool calls of a batch, simulated', 1],
  ['sampledTokens', 'Sampled tokens a rollout', 1],
  ['gradientNorm', 'Gradient norm', 1],
  ['tokensPerSecond', 'Tokens a second', 1],
  ['rolloutTokensPerSecond', 'Tokens a second, sampling', 1],
  ['updateTokensPerSecond', 'Tokens a second, learning', 1],
] as const;

/** Neighbouring steps are averaged so that a line has at most so many points. */
const mostPoints = 60;

type Points = readonly (readonly [x: number, y: number])[];

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const thinned = (points: Points): Points => {
  const size = Math.ceil(points.length / mostPoints);
  return Array.from({ length: Math.ceil(points.length / size) }, (_, i) => {
    const part = points.slice(i * size, (i + 1) * size);
    return [part.at(-1)![0], meanOf(part.map(([, y]) => y))];
  });
};

/** The mean over seeds of one number of a stage, step by step. */
const pointsOf = (curves: readonly TrainingCurve[], name: string, scale: number): Points => {
  const byStep = new Map<number, number[]>();
  for (const { step, numbers } of curves.flatMap(({ steps }) => steps)) {
    const value = numbers[name] ?? null;
    if (value !== null) byStep.set(step, [...(byStep.get(step) ?? []), scale * value]);
  }
  return [...byStep].sort(([a], [b]) => a - b).map(([step, values]) => [step, meanOf(values)]);
};

const stagesOf = (curves: readonly TrainingCurve[]): string[] => [
  ...new Set(curves.map(({ stage }) => stage)),
];

type Stage = {
  readonly stage: string;
  readonly kind: Kind;
  readonly curves: readonly TrainingCurve[];
};

const seriesOf = (stages: readonly Stage[], name: string, scale: number): LineChart['series'] =>
  stages.flatMap(({ stage, curves }) => {
    const points = pointsOf(curves, name, scale);
    return points.length === 0 ? [] : [{ name: stage, points: thinned(points) }];
  });

/** A chart for each number that some stage reports, where need be for each kind of stage: a line a stage, the mean over its seeds. */
export const trainingCharts = (curves: readonly TrainingCurve[]): LineChart[] => {
  const stages = stagesOf(curves).map((stage): Stage => {
    const own = curves.filter((curve) => curve.stage === stage);
    return { stage, kind: kindOf(own), curves: own };
  });
  const chart = (id: string, title: string, y: string, series: LineChart['series']): LineChart[] =>
    series.length === 0 ? [] : [{ id, title, x: 'Step', y, series, table: id }];
  return drawn.flatMap(([name, title, scale]) => {
    const id = `curve-${name.toLowerCase()}`;
    if (!byKind.has(name)) return chart(id, title, title, seriesOf(stages, name, scale));
    return kinds.flatMap((kind) => {
      const alike = stages.filter((one) => one.kind === kind);
      return chart(
        `${id}-${kind.id}`,
        `${title}, ${kind.name} stages`,
        title,
        seriesOf(alike, name, scale),
      );
    });
  });
};

/** A chart's points as a table: a row for each place on the x axis, a column for each line. */
export const lineTable = ({ id, title, x, series }: LineChart): Table => {
  const places = [...new Set(series.flatMap(({ points }) => points.map(([at]) => at)))];
  const values = series.map(({ points }) => new Map(points));
  return {
    ...{ id, title, groupLabel: null },
    caption: `${title}: means over seeds, and of neighbouring steps where there are many.`,
    columns: [
      { label: x, format: 'text' },
      ...series.map(({ name }) => ({ label: name, format: { digits: 4 } })),
    ],
    groups: [
      {
        name: null,
        rows: places
          .sort((a, b) => a - b)
          .map((at) => [at, ...values.map((of) => of.get(at) ?? null)]),
      },
    ],
    notes: [],
  };
};

/** The same in numbers: where each stage began and ended (means of the first and of the last tenth of its steps). */
export const trainingRows = (curves: readonly TrainingCurve[]) =>
  stagesOf(curves).flatMap((stage) => {
    const own = curves.filter((curve) => curve.stage === stage);
    return drawn.flatMap(([name, title, scale]) => {
      const values = pointsOf(own, name, scale).map(([, y]) => y);
      if (values.length === 0) return [];
      const tenth = Math.max(1, Math.round(values.length / 10));
      const [first, last] = [meanOf(values.slice(0, tenth)), meanOf(values.slice(-tenth))];
      return [{ stage, title, seeds: own.length, steps: values.length, first, last }];
    });
  });
