import type { Protocol, Turn } from '../protocol.ts';
import type { Prompt, Step } from '../types.ts';
import { chosenExamples, type ProtocolOptions, type WorkedExample } from './examples.ts';

const system = [
  'You answer questions in steps of Thought, Action and Observation.',
  'Thought: say what you know and what you still need.',
  'Action: either Search[a short query], which looks up an encyclopedia, or Finish[the answer], as short as possible.',
  'Observation: the search results, which are given to you.',
].join('\n');

const renderExample = ({ question, hops, conclusion, answer }: WorkedExample) => ({
  user: `Question: ${question}`,
  assistant: [
    ...hops.map(
      ({ thought, search, result }) =>
        `Thought: ${thought}\nAction: Search[${search}]\nObservation: result 1: "${result.title}"\n${result.text}\n`,
    ),
    `Thought: ${conclusion}\nAction: Finish[${answer}]`,
  ].join(''),
});

const actionStart = /Action(?: ?\d+)?:[^\S\n]*(Search|Finish)[^\S\n]*\[/i;

/** The argument up to the bracket that closes it; an unclosed one ends with its line. */
const argument = (text: string, from: number): string => {
  let depth = 1;
  for (let i = from; i < text.length; i++) {
    const character = text[i];
    if (character === '\n') return text.slice(from, i).trim();
    if (character === '[') depth++;
    else if (character === ']' && --depth === 0) return text.slice(from, i).trim();
  }
  return text.slice(from).trim();
};

const think = (text: string): Step[] => {
  const thought = text.replace(/^\s*Thought(?: ?\d+)?:/, '').trim();
  return thought === '' ? [] : [{ kind: 'think', text: thought }];
};

const observationStart = '\nObservation';

/** The first action of the turn counts: what a policy writes after it, it wrote without having seen the observation. */
const parseTurn = (text: string): Turn => {
  const start = actionStart.exec(text);
  // an observation without an action would be the policy's own invention
  const goOn = !text.endsWith(observationStart);
  if (start === null) return { steps: think(text), move: { kind: 'none', goOn } };
  const thought = think(text.slice(0, start.index));
  const input = argument(text, start.index + start[0].length);
  if (start[1]?.toLowerCase() === 'search') {
    const action = { tool: 'search', input };
    return { steps: [...thought, { kind: 'action', ...action }], move: { kind: 'act', action } };
  }
  return input === ''
    ? { steps: thought, move: { kind: 'none', goOn } }
    : { steps: [...thought, { kind: 'answer', text: input }], move: { kind: 'answer' } };
};

const observationLabel = (turn: string): string => {
  if (turn.endsWith(observationStart)) return ':';
  return turn.endsWith('\n') ? 'Observation:' : '\nObservation:';
};

/** ReAct (arXiv 2210.03629) by prompt: Thought / Action: Search[…] / Observation / Finish[…], k worked examples. */
export const reactProtocol = (options: ProtocolOptions): Protocol => ({
  name: 'react',
  version: 1,
  stop: [']\n', observationStart],
  forcedStop: [']', '\n'],
  prompt: (question): Prompt => ({
    system: options.system ?? system,
    examples: chosenExamples(options.examples).map(renderExample),
    user: `Question: ${question}`,
    assistantPrefix: 'Thought:',
  }),
  parseTurn,
  renderObservation: ({ text }, turn) => [
    { kind: 'markup', text: observationLabel(turn) },
    { kind: 'content', text: ` ${text}` },
    { kind: 'markup', text: '\nThought:' },
  ],
  forceAnswer: (_before, tail) =>
    `${tail.endsWith('Thought:') ? '' : '\nThought:'} I have to answer now.\nAction: Finish[`,
});
