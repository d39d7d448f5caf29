import { describe, expect, test } from 'vitest';
import { lastBox } from './boxed.ts';
import { closedBookProtocol } from './closed-book.ts';
import { coaProtocol } from './coa.ts';
import { firstExamples, workedExamples } from './examples.ts';
import { reactProtocol } from './react.ts';

const coa = coaProtocol({ examples: 1 });
const react = reactProtocol({ examples: 1 });
const closedBook = closedBookProtocol({ examples: 1 });
const observation = { text: 'result 1: "A"\nb', passageIds: ['p1'], failure: null };

const rendered = (turn: string): string =>
  react
    .renderObservation(observation, turn)
    .map(({ text }) => text)
    .join('');

describe('lastBox', () => {
  test.each([
    ['\\boxed{Paris}', 'Paris'],
    ['\\boxed{a} then \\boxed{b}', 'b'],
    ['\\boxed{f(x) = \\frac{1}{2}}', 'f(x) = \\frac{1}{2}'],
    ['\\boxed{\\text{Paris}}', 'Paris'],
    ['\\boxed{Paris', 'Paris'],
    ['\\boxed{\\text{Paris', 'Paris'],
    ['\\boxed{Paris\nand more', 'Paris'],
    ['\\boxed{done} \\boxed{cut', 'done'],
    ['\\boxed{a \\boxed{b}}', 'a \\boxed{b}'],
    ['\\boxed{$42$}', '42'],
    ['\\boxed{a\u0000\ud800}', 'a\u0000\ud800'],
  ])('%j holds %j', (text, answer) => expect(lastBox(text)).toBe(answer));

  test.each(['', 'no box', '\\boxed{}', '\\boxed{ }', '\\boxed', '\\boxed{'])(
    '%j holds none',
    (text) => expect(lastBox(text)).toBeNull(),
  );
});

describe('coa', () => {
  test('a closed search is the action, what stands before it the thought', () => {
    expect(coa.parseTurn('I need X. <begin_search> who is X </end_search>', '')).toEqual({
      steps: [
        { kind: 'think', text: 'I need X.' },
        { kind: 'action', tool: 'search', input: 'who is X' },
      ],
      move: { kind: 'act', action: { tool: 'search', input: 'who is X' } },
    });
  });

  test('of nested opening tags the innermost counts', () => {
    const { move } = coa.parseTurn('<begin_search> a <begin_search> b </end_search>', '');
    expect(move).toEqual({ kind: 'act', action: { tool: 'search', input: 'b' } });
  });

  test('a stray closing tag is thought; the search after it counts', () => {
    const { move } = coa.parseTurn('x </end_search> y <begin_search> z </end_search>', '');
    expect(move).toEqual({ kind: 'act', action: { tool: 'search', input: 'z' } });
    expect(coa.parseTurn('x </end_search>', '').move).toEqual({ kind: 'none', goOn: true });
  });

  test('an unclosed search asks for nothing', () => {
    expect(coa.parseTurn('so <begin_search> who', '').move).toEqual({ kind: 'none', goOn: true });
  });

  test('the last box after the thought is the answer', () => {
    expect(coa.parseTurn('ok \\boxed{no}\n</think>\n\\boxed{a} or \\boxed{b}', '')).toEqual({
      steps: [
        { kind: 'think', text: 'ok \\boxed{no}' },
        { kind: 'answer', text: 'b' },
      ],
      move: { kind: 'answer' },
    });
  });

  test('a search after </think> is malformed, also when the thought ended in an earlier turn', () => {
    const late = 'then <begin_search> q </end_search> \\boxed{a}';
    expect(coa.parseTurn(`</think>${late}`, '').move).toEqual({ kind: 'malformed' });
    expect(coa.parseTurn(late, 'thought </think>').move).toEqual({ kind: 'malformed' });
  });

  test('a box inside the thought is no answer; NUL and half a surrogate pair pass through', () => {
    expect(coa.parseTurn('\\boxed{a}', '').move).toEqual({ kind: 'none', goOn: true });
    const { move } = coa.parseTurn('<begin_search>\u0000 q \udc00</end_search>', '');
    expect(move).toEqual({ kind: 'act', action: { tool: 'search', input: '\u0000 q \udc00' } });
  });

  test('a forced answer reads back', () => {
    const forced = coa.forceAnswer('thinking', 'thinking');
    const turn = coa.parseTurn(`${forced}Paris}`, 'thinking');
    expect(turn.steps).toEqual([{ kind: 'answer', text: 'Paris' }]);
    expect(coa.forceAnswer('x </think> hm', '')).toBe('\n\n\\boxed{');
  });

  test('its worked example is a dialogue that its own parser reads', () => {
    const [example] = coa.prompt('q').examples;
    const firstTurn = example?.assistant.slice('<think>\n'.length).split('</end_search>')[0];
    expect(coa.parseTurn(`${firstTurn}</end_search>`, '').move.kind).toBe('act');
    const last = example?.assistant.split('</search_result>').at(-1) ?? '';
    expect(coa.parseTurn(last, '').steps.at(-1)).toEqual({ kind: 'answer', text: 'Denmark' });
  });
});

describe('react', () => {
  test('Search is an action, Finish an answer', () => {
    expect(react.parseTurn(' I need X.\nAction: Search[who is X]\n', '')).toEqual({
      steps: [
        { kind: 'think', text: 'I need X.' },
        { kind: 'action', tool: 'search', input: 'who is X' },
      ],
      move: { kind: 'act', action: { tool: 'search', input: 'who is X' } },
    });
    expect(react.parseTurn('Thought 2: done\nAction 2: finish[Paris [city]]', '').steps).toEqual([
      { kind: 'think', text: 'done' },
      { kind: 'answer', text: 'Paris [city]' },
    ]);
  });

  test('the first action counts; an unclosed one ends with its line; an empty Finish is none', () => {
    const two = react.parseTurn('Action: Search[a]\nAction: Finish[b]', '');
    expect(two.move).toEqual({ kind: 'act', action: { tool: 'search', input: 'a' } });
    expect(react.parseTurn('Action: Finish[Rome\nmore', '').steps).toEqual([
      { kind: 'answer', text: 'Rome' },
    ]);
    expect(react.parseTurn('Action: Finish[]', '').move).toEqual({ kind: 'none', goOn: true });
    expect(react.parseTurn('no action [1]\n', '').move).toEqual({ kind: 'none', goOn: true });
    expect(react.parseTurn('so\nObservation', '').move).toEqual({ kind: 'none', goOn: false });
  });

  test('an observation goes on where the turn stopped', () => {
    expect(rendered('Action: Search[a]\n')).toBe('Observation: result 1: "A"\nb\nThought:');
    expect(rendered('Action: Search[a] \nObservation')).toMatch(/^: result/);
    expect(rendered('Action: Search[a]')).toMatch(/^\nObservation: /);
  });

  test('a forced answer reads back, after an observation as after a thought', () => {
    for (const tail of ['…\nThought:', 'I wonder']) {
      const forced = react.forceAnswer('', tail);
      expect(react.parseTurn(`${forced}Paris]`, '').steps.at(-1)).toEqual({
        kind: 'answer',
        text: 'Paris',
      });
    }
    expect(react.forceAnswer('', 'I wonder')).toMatch(/^\nThought:/);
  });
});

test('closedBook answers with its first line', () => {
  expect(closedBook.parseTurn(' Paris\n', '').steps).toEqual([{ kind: 'answer', text: 'Paris' }]);
  expect(closedBook.parseTurn(' \n', '').move).toEqual({ kind: 'none', goOn: false });
});

test('every protocol shows the same worked questions', () => {
  const users = [coa, react, closedBook].map((protocol) =>
    protocol.prompt('q').examples.map(({ user }) => user),
  );
  expect(new Set(users.map((user) => JSON.stringify(user))).size).toBe(1);
  expect(users[0]).toEqual([`Question: ${workedExamples[0]?.question}`]);
});

test('asking for more worked examples than exist throws with both numbers', () => {
  expect(() => firstExamples(99)).toThrow('99 worked examples asked for; 0 to 3 exist');
});
