import { type PrintedKnowledge, printedTable2 } from './printed-table2.ts';
import type { KnowledgeRow, Summary } from './summary.ts';
import type { Cell, Column, Table } from './table.ts';
import { oneDecimal, percentCell } from './tables.ts';

const domains = { unknown: 'Recent (unknown)', known: 'Popular (known)' } as const;

const columnsOf = (judged: boolean): Column[] => [
  { label: 'Model', format: 'text' },
  { label: 'Whose', format: 'text' },
  ...(['unknown', 'known'] as const).flatMap((domain) =>
    ['Main', 'Sub'].flatMap((question) =>
      ['EM', ...(judged ? ['judged'] : [])].map(
        (metric): Column => ({
          label: `${question} ${metric}`,
          over: domains[domain],
          format: oneDecimal,
        }),
      ),
    ),
  ),
];

const printedLine = (row: PrintedKnowledge, judged: boolean): Cell[] => [
  row.model,
  'paper',
  ...[row.unknown, row.known].flatMap(({ main, sub }) =>
    [main, sub].flatMap(([em, verdict]) => (judged ? [em, verdict] : [em])),
  ),
];

const ourLine = (arm: string, rows: readonly KnowledgeRow[], judged: boolean): Cell[] => [
  { value: arm, own: true },
  'ours',
  ...[false, true].flatMap((known) =>
    (['threeHop', 'oneHop'] as const).flatMap((part) => {
      const row = rows.find((one) => one.known === known && one.part === part);
      const em = percentCell(row?.exactMatch ?? null);
      return judged ? [em, percentCell(row?.judged ?? null)] : [em];
    }),
  ),
];

/** Sizes of our cells: one arm's, since all arms answer the same questions. */
const sizes = (rows: readonly KnowledgeRow[]): string => {
  const of = (known: boolean, part: KnowledgeRow['part']): number =>
    rows.find((row) => row.known === known && row.part === part)?.n ?? 0;
  return `Rollouts an arm of this run: three hops, unknown ${of(false, 'threeHop')}, known ${of(true, 'threeHop')}; one hop, unknown ${of(false, 'oneHop')}, known ${of(true, 'oneHop')}.`;
};

/**
 * The paper's Table 2 (known against unknown knowledge), this run's arms under the printed models; null where no question says
 * what is known, or none takes three hops.
 */
export const paperTable2 = ({ knowledge, arms }: Summary): Table | null => {
  const rows = knowledge.filter(({ part }) => part !== 'all');
  if (!rows.some(({ part }) => part === 'threeHop')) return null;
  const judged = rows.some((row) => row.judged !== null);
  const ours = arms.filter((name) => rows.some(({ arm }) => arm === name));
  const ofArm = (name: string) => rows.filter(({ arm }) => arm === name);
  return {
    id: 'table2',
    title: 'Table 2 of the paper',
    caption: `Table 2 of arXiv 2503.06580 (its appendix) and this run: knowledge that the model cannot have against knowledge that it may have; exact match${judged ? ' and accuracy by a judge' : ''}, per cent.`,
    groupLabel: 'Group',
    columns: columnsOf(judged),
    groups: [
      {
        name: 'The paper: 7B and larger, without a tool',
        rows: printedTable2.map((row) => printedLine(row, judged)),
      },
      {
        name: 'This run: analogues, arms with a tool included',
        rows: ours.map((name) => ourLine(name, ofArm(name), judged)),
      },
    ],
    notes: [
      'The paper asks 192 questions of three hops in each domain, and the 576 questions that they are made of. In this run, main questions are those of three hops, and questions of one hop stand for the parts; known is what the base model read in pretraining, unknown what it did not.',
      sizes(ofArm(ours[0]!)),
    ],
  };
};
