import { describe, expect, test } from 'vitest';
import { matching, outcomeCounts, siblings } from './client/find.ts';
import { firstPage, listHash, readPlace, trajectoryHash } from './client/place.ts';
import { indexColumns } from './index-columns.ts';
import { action, answer, failure, question, record } from './records.test-data.ts';
import { trajectoryView } from './trajectory-view.ts';

const asked = [
  question({ id: 'q-b', text: 'Banks of the Seine?', dataset: 'nq', known: true }),
  question({ id: 'q-a', text: 'a river?', dataset: 'musique', known: false }),
];
const records = [
  record({ arm: 'A', question: asked[0]!, metrics: { exactMatch: 1, tokenF1: 1 } }),
  record({
    arm: 'A',
    question: asked[1]!,
    steps: [action, answer('Oise')],
    metrics: { tokenF1: 0.2 },
  }),
  record({
    arm: 'B',
    question: asked[0]!,
    stop: 'length',
    metrics: { exactMatch: 0, tokenF1: 0.5 },
  }),
  failure('socket hang up', { arm: 'B', question: asked[1]! }),
];
const columns = indexColumns();
for (const one of records) columns.add(trajectoryView(one));
const index = columns.index();

describe('matching', () => {
  test.each([
    [{}, [0, 1, 2, 3]],
    [{ text: 'SEINE' }, [0, 2]],
    [{ text: 'q-a' }, [1, 3]],
    [{ text: 'oise' }, [1]],
    [{ text: 'hang up' }, [3]],
    [{ text: 'nowhere' }, []],
    [{ set: 'nq', arm: 'B' }, [2]],
    [{ set: 'no such set' }, []],
    [{ outcome: 'not scored' }, [1]],
    [{ outcome: 'error' }, [3]],
    [{ ended: 'length' }, [2]],
    [{ ended: 'no such end' }, []],
    [{ actions: '1' }, [1]],
    [{ known: 'unknown' }, [1, 3]],
    [{ sort: 'question' }, [1, 3, 0, 2]],
    [{ sort: 'f1' }, [1, 2, 0, 3]],
    [{ sort: '-f1' }, [0, 2, 1, 3]],
    [{ sort: '-actions' }, [1, 0, 2, 3]],
    [{ sort: 'constructor' }, [0, 1, 2, 3]],
  ])('%j', (place, numbers) => {
    expect(matching(index, { ...firstPage, ...place })).toEqual(numbers);
  });
});

test('outcomes are counted, an error apart from a wrong answer', () => {
  expect(outcomeCounts(index, [0, 1, 2, 3])).toEqual({
    right: 1,
    wrong: 1,
    error: 1,
    'not scored': 1,
  });
});

test('the other attempts at a question are found', () => {
  expect([siblings(index, 0), siblings(index, 3)]).toEqual([[2], [1]]);
});

describe('an address', () => {
  test('says all of a list, and nothing that is not chosen', () => {
    const list = { ...firstPage, text: 'a & b = #c', sort: '-f1', page: 3 };
    expect(readPlace(listHash(list))).toEqual({ kind: 'list', list });
    expect(listHash(firstPage)).toBe('#trajectories?');
  });

  test('names a trajectory, or two', () => {
    expect(readPlace(trajectoryHash(12))).toEqual({ kind: 'trajectory', number: 12, beside: null });
    expect(readPlace(trajectoryHash(12, 345))).toMatchObject({ number: 12, beside: 345 });
    expect(readPlace('#t=12&with=x').kind).toBe('section');
  });
});
