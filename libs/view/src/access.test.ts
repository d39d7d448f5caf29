import { describe, expect, test } from 'vitest';
import { admit, newToken } from './access.ts';

const token = newToken();
const at = { token, port: 4000 };
const ask = (url: string, changes: { method?: string; host?: string | undefined } = {}) =>
  admit({ method: 'GET', host: '127.0.0.1:4000', url, ...changes }, at);

describe('admit', () => {
  test('who knows the token may read: path decoded part by part, query apart', () => {
    const admission = ask(`/${token}/run/a%2Fb%20c/?page=2&text=%3Fx`);
    expect(admission).toMatchObject({ kind: 'admitted', path: ['run', 'a/b c'] });
    if (admission.kind === 'admitted') expect(admission.query.get('text')).toBe('?x');
    expect(ask(`/${token}/`)).toMatchObject({ kind: 'admitted', path: [] });
    expect(ask(`/${token}`, { method: 'HEAD', host: 'localhost:4000' }).kind).toBe('admitted');
  });

  test.each(['/', '', '//', `/x${token}/`, `/${token}x/`, '/run/toy', `/?${token}`])(
    'without the token there is nothing at %j',
    (url) => {
      expect(ask(url)).toEqual({ kind: 'refused', status: 404 });
    },
  );

  test('who does not know it is not told that writing is refused', () => {
    expect(ask('/wrong/', { method: 'POST' })).toEqual({ kind: 'refused', status: 404 });
  });

  test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])('%s is refused', (method) => {
    expect(ask(`/${token}/`, { method })).toEqual({ kind: 'refused', status: 405 });
  });

  test.each([
    undefined,
    'example.com',
    'example.com:4000',
    '127.0.0.1',
    '127.0.0.1:4001',
    '127.0.0.1.example.com:4000',
  ])('host %j is another name: a page elsewhere was led here', (host) => {
    expect(ask(`/${token}/`, { host })).toEqual({ kind: 'refused', status: 403 });
  });

  test('an address that is not well formed is no fault of the server', () => {
    expect(ask(`/${token}/%E0%A4%A/`)).toEqual({ kind: 'refused', status: 400 });
  });
});

test('tokens are long and never the same', () => {
  const tokens = Array.from({ length: 50 }, newToken);
  expect(new Set(tokens).size).toBe(50);
  for (const one of tokens) expect(one).toMatch(/^[\w-]{32}$/);
});
