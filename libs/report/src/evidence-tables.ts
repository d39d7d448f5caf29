import type { ClaimResult } from '@coa/metrics';
import type { KnowledgeRow, Summary } from './summary.ts';
import { type Cell, type Column, shownNumber, type Table, type Tone } from './table.ts';
import { hopCells, hopColumns, hopNote, oneDecimal, percentCell } from './tables.ts';
import { type TrainingCurve, trainingRows } from './training-curves.ts';

/** Said wherever numbers of the embedded world stand; null where there are none. */
export const atlasNote = ({ datasets }: Summary): string | null =>
  datasets.some((name) => name.startsWith('atlas-'))
    ? 'Sets named atlas-… are analogues of the paper’s sets: questions over Atlas, an invented encyclopaedia that comes with this lab. They compare agents with each other and say nothing about the original sets.'
    : null;

const knowledgeLine = (row: KnowledgeRow, hops: readonly Column[]): Cell[] => [
  row.known ? 'known' : 'unknown',
  percentCell(row.exactMatch),
  row.searches,
  ...hopCells(row, hops),
  row.n,
];

/** Exact match and searches on what the base model has read about, and on what it cannot know. */
export const knowledgeTable = ({ knowledge }: Summary): Table => {
  const all = knowledge.filter(({ part }) => part === 'all');
  const hops = hopColumns(all);
  return {
    id: 'knowledge',
    title: 'Known and unknown entities',
    caption:
      'Rollouts of all sets together, by whether the base model read about the question’s entities in pretraining: exact match with its 95 % interval, and mean searches (on known entities they may be needless).',
    groupLabel: 'Agent',
    columns: [
      { label: 'Entities', format: 'text' },
      { label: 'EM %', format: oneDecimal, interval: '95 %', drawn: 'interval' },
      { label: 'Searches', format: { digits: 2 } },
      ...hops,
      { label: 'n', format: 'count' },
    ],
    groups: [...new Set(all.map(({ arm }) => arm))].map((name) => ({
      name,
      rows: all.filter(({ arm }) => arm === name).map((row) => knowledgeLine(row, hops)),
    })),
    notes: hops.length > 0 ? [hopNote] : [],
  };
};

const tones: Readonly<Record<ClaimResult['verdict'], Tone>> = {
  reproduced: 'good',
  contradicted: 'bad',
  undecided: 'unsure',
};

const points = (share: number): string => shownNumber(100 * share, { digits: 1, signed: true });

const claimLine = (result: ClaimResult): Cell[] => [
  { value: `${result.claim.id}. ${result.claim.text}`, note: result.claim.reading },
  {
    value: result.verdict,
    tone: tones[result.verdict],
    ...(result.note !== null && { note: result.note }),
  },
  { value: 100 * result.effect, interval: [100 * result.low, 100 * result.high] },
  result.bySeed.map(points).join(', '),
  result.p,
  result.adjusted,
  result.questions,
  result.seeds,
];

/** Each claim with its verdict, effect, interval and corrected p. */
export const claimsTable = ({ claims }: Summary): Table => ({
  id: 'claims',
  title: 'The paper’s claims',
  caption:
    'The paper’s claims, and one of ours, as tests on these arms. Effect: how far above its bound the tested quantity lies, in points (of several, the one that decides), with an interval at the level at which Holm’s procedure tests the claim, 95 % or more: it leaves out 0 where p, corrected, is at most 0.05. p is two-sided, from 5,000 draws of questions within sets and of training seeds (by Student’s t of the spread between them); corrected: by Holm over the claims shown. Reproduced: the interval and the effect under every seed lie above 0; contradicted: below it. What else a verdict rests on stands beneath it.',
  groupLabel: null,
  columns: [
    { label: 'Claim, and how it is read', format: 'text', wide: true },
    { label: 'Verdict', format: 'text' },
    { label: 'Effect', format: { digits: 1, signed: true }, interval: 'Holm’s level' },
    { label: 'By seed', format: 'text' },
    { label: 'p', format: 'p' },
    { label: 'p, corrected', format: 'p' },
    { label: 'Questions', format: 'count' },
    { label: 'Seeds', format: 'count' },
  ],
  groups: [{ name: null, rows: claims.map(claimLine) }],
  notes: [],
});

/** The training curves in numbers. */
export const trainingTable = (training: readonly TrainingCurve[]): Table => {
  const rows = trainingRows(training);
  return {
    id: 'training',
    title: 'The training curves in numbers',
    caption:
      'Each stage’s numbers, means over its seeds: of the first and of the last tenth of its steps.',
    groupLabel: 'Stage',
    columns: [
      { label: 'Number', format: 'text' },
      { label: 'First', format: { digits: 3 } },
      { label: 'Last', format: { digits: 3 } },
      { label: 'Steps', format: 'count' },
      { label: 'Seeds', format: 'count' },
    ],
    groups: [...new Set(rows.map(({ stage }) => stage))].map((name) => ({
      name,
      rows: rows
        .filter(({ stage }) => stage === name)
        .map(({ title, first, last, steps, seeds }) => [title, first, last, steps, seeds]),
    })),
    notes: [],
  };
};
