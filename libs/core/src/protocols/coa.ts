import type { Protocol, Turn } from '../protocol.ts';
import type { Prompt, Step, Written } from '../types.ts';
import { lastBox } from './boxed.ts';
import { chosenExamples, type ProtocolOptions, type WorkedExample } from './examples.ts';

const openSearch = '<begin_search>';
const closeSearch = '</end_search>';
const closeThink = '</think>';

const system = [
  'You answer questions. You think first, and you can search an encyclopedia while you think.',
  `To search, write ${openSearch} a short query ${closeSearch}. The results then appear inside <search_result> </search_result>.`,
  'You may search several times. Search for one fact at a time.',
  `When you know the answer, write ${closeThink} and then the answer, as short as possible, inside \\boxed{}.`,
].join('\n');

const renderResult = (text: string): readonly Written[] => [
  { kind: 'markup', text: '\n\n<search_result>' },
  { kind: 'content', text: ` ${text}` },
  { kind: 'markup', text: ' </search_result>\n\n' },
];

const textOf = (written: readonly Written[]): string => written.map(({ text }) => text).join('');

const renderExample = ({ question, hops, conclusion, answer }: WorkedExample) => ({
  user: `Question: ${question}`,
  assistant: [
    '<think>\n',
    ...hops.map(
      ({ thought, search, result }) =>
        `${thought} ${openSearch} ${search} ${closeSearch}${textOf(renderResult(`result 1: "${result.title}"\n${result.text}`))}`,
    ),
    `${conclusion}\n${closeThink}\n\n\\boxed{${answer}}`,
  ].join(''),
});

const think = (text: string): Step[] =>
  text.trim() === '' ? [] : [{ kind: 'think', text: text.trim() }];

/** After `</think>`: the last complete box is the answer; a search here makes the trajectory worth nothing (paper, reference code). */
const parseAnswerPart = (text: string): Turn => {
  if (text.includes(openSearch)) return { steps: think(text), move: { kind: 'malformed' } };
  const answer = lastBox(text);
  return answer === null
    ? { steps: think(text), move: { kind: 'none', goOn: true } }
    : { steps: [{ kind: 'answer', text: answer }], move: { kind: 'answer' } };
};

/** Inside the think part: the first closed search is the action; of nested opening tags the innermost counts. */
const parseThinkPart = (text: string): Turn => {
  const end = text.indexOf(closeThink);
  const firstOpen = text.indexOf(openSearch);
  const close = firstOpen < 0 ? -1 : text.indexOf(closeSearch, firstOpen);
  if (close >= 0 && (end < 0 || close < end)) {
    const open = text.lastIndexOf(openSearch, close);
    const action = { tool: 'search', input: text.slice(open + openSearch.length, close).trim() };
    const steps: Step[] = [...think(text.slice(0, open)), { kind: 'action', ...action }];
    return { steps, move: { kind: 'act', action } };
  }
  if (end < 0) return { steps: think(text), move: { kind: 'none', goOn: true } };
  const rest = parseAnswerPart(text.slice(end + closeThink.length));
  return { steps: [...think(text.slice(0, end)), ...rest.steps], move: rest.move };
};

/** AutoCoA's chain-of-action (paper, "Text protocol of the reference code"): tool calls inside the think part. */
export const coaProtocol = (options: ProtocolOptions): Protocol => ({
  name: 'coa',
  version: 1,
  stop: [closeSearch],
  forcedStop: ['}', '\n'],
  prompt: (question): Prompt => ({
    system: options.system ?? system,
    examples: chosenExamples(options.examples).map(renderExample),
    user: `Question: ${question}`,
    assistantPrefix: '<think>\n',
  }),
  parseTurn: (text, before) =>
    before.includes(closeThink) ? parseAnswerPart(text) : parseThinkPart(text),
  renderObservation: ({ text }) => renderResult(text),
  forceAnswer: (before) => `${before.includes(closeThink) ? '' : `\n${closeThink}`}\n\n\\boxed{`,
});
