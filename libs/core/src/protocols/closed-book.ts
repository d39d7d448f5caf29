import type { Protocol, Turn } from '../protocol.ts';
import type { Prompt } from '../types.ts';
import { chosenExamples, type ProtocolOptions } from './examples.ts';

const system =
  'You answer questions from memory. Write only the answer, as short as possible: a name, a number, a date, yes or no.';

/** The first line that is not empty. */
const parseTurn = (text: string): Turn => {
  const answer = text.trim().split('\n')[0]?.trim() ?? '';
  return answer === ''
    ? { steps: [], move: { kind: 'none', goOn: false } }
    : { steps: [{ kind: 'answer', text: answer }], move: { kind: 'answer' } };
};

/** The model alone (paper, "Model only"): no tool; the same worked questions as the other protocols, answers only. */
export const closedBookProtocol = (options: ProtocolOptions): Protocol => ({
  name: 'closedBook',
  version: 1,
  stop: ['\n'],
  forcedStop: ['\n'],
  prompt: (question): Prompt => ({
    system: options.system ?? system,
    examples: chosenExamples(options.examples).map((example) => ({
      user: `Question: ${example.question}`,
      assistant: `Answer: ${example.answer}`,
    })),
    user: `Question: ${question}`,
    assistantPrefix: 'Answer:',
  }),
  parseTurn,
  renderObservation: ({ text }) => [
    { kind: 'content', text: `\n${text}` },
    { kind: 'markup', text: '\nAnswer:' },
  ],
  forceAnswer: (_before, tail) => (tail.endsWith('Answer:') ? ' ' : '\nAnswer: '),
});
