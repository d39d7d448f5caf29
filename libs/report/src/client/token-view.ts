import type { Question, Step } from '@coa/core';
import { element } from './dom.ts';
import type { TokensView } from './payload.ts';
import { withTokenTips } from './token-tip.ts';
import { type TokenMark, tokenMarks, tokenParts } from './tokens.ts';

/** How the reader wants tokens marked, kept while the page is open. */
export type TokenChoice = { mark: TokenMark };

const markTexts: Readonly<Record<TokenMark, string>> = {
  parts: 'parts',
  loss: 'what the loss counts',
  logprob: 'log-probability',
};

const sample = (attributes: Readonly<Record<string, string>>, text: string): HTMLElement =>
  element('span', { class: 'token', ...attributes }, text);

const partKey = (kind: string, text: string): HTMLElement =>
  element('li', { class: 'key', 'data-kind': kind }, sample({}, text));

const bar = (share: number, text: string): HTMLElement => {
  const shown = sample({ 'data-source': 'sampled' }, text);
  shown.style.setProperty('--surprise', String(share));
  return element('li', { class: 'key' }, shown);
};

const legendItems = (mark: TokenMark): HTMLElement[] => {
  switch (mark) {
    case 'parts':
      return [
        ...['think', 'action', 'observation', 'answer', 'prompt'].map((kind) =>
          partKey(kind, kind),
        ),
        element(
          'li',
          { class: 'key' },
          element('span', { class: 'gold-answer' }, 'accepted answer'),
        ),
      ];
    case 'loss':
      return [
        element('li', { class: 'key' }, sample({ 'data-source': 'sampled' }, 'counted')),
        element(
          'li',
          { class: 'key' },
          sample({ 'data-source': 'observation' }, 'only where observations are learnt'),
        ),
        element('li', { class: 'key' }, sample({ 'data-source': 'given' }, 'given, never counted')),
      ];
    case 'logprob':
      return [
        bar(0.02, 'sure'),
        bar(0.5, 'one in two'),
        bar(0.99, 'improbable'),
        element('li', { class: 'key' }, sample({ 'data-source': 'given' }, 'not sampled')),
      ];
  }
};

const choices = (choice: TokenChoice, chosen: (mark: TokenMark) => void): HTMLElement => {
  const radios = tokenMarks.map((mark) => {
    const input = element('input', {
      type: 'radio',
      name: 'mark',
      value: mark,
      checked: mark === choice.mark,
    });
    input.addEventListener('change', () => chosen(mark));
    return element('label', {}, input, markTexts[mark]);
  });
  return element(
    'fieldset',
    { class: 'choice' },
    element('legend', {}, 'Mark tokens by'),
    ...radios,
  );
};

/** A trajectory's tokens with the choice of what they are marked by, and the key to the marks. */
export const tokenView = (
  view: TokensView,
  question: Question,
  steps: readonly Step[],
  choice: TokenChoice,
): HTMLElement => {
  const legend = element('ul', { class: 'legend', 'aria-label': 'Key' });
  const frame = element(
    'div',
    { class: 'token-frame', role: 'group', 'aria-label': 'Tokens; the arrow keys move among them' },
    tokenParts(view, question, steps),
  );
  const outer = element('div', { class: 'token-view' });
  const chosen = (mark: TokenMark): void => {
    choice.mark = mark;
    outer.setAttribute('data-mark', mark);
    legend.replaceChildren(...legendItems(mark));
  };
  chosen(choice.mark);
  outer.append(choices(choice, chosen), legend, withTokenTips(view, frame));
  return outer;
};
