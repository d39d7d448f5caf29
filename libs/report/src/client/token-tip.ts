import { element } from './dom.ts';
import type { TokensView } from './payload.ts';
import { partLabels } from './steps.ts';
import { lossTexts } from './tokens.ts';

const visibleText = (text: string): string =>
  text === '' ? 'part of a character' : `“${text.replaceAll('\n', '↵').replaceAll('\t', '⇥')}”`;

const minus = (text: string): string => text.replace('-', '−');

/** How probable a token was, in words. */
export const logprobText = (logprob: number | null): string => {
  if (logprob === null) return 'no log-probability: not sampled, or not told';
  const percent = 100 * Math.exp(logprob);
  const share = percent < 0.1 ? 'under 0.1' : percent.toFixed(percent < 10 ? 1 : 0);
  return `log-probability ${minus(logprob.toFixed(2))} (${share} %)`;
};

const tipLines = (view: TokensView, i: number): string[] => [
  `token ${i + 1} of ${view.ids.length}, id ${view.ids[i]}`,
  `${partLabels[view.kinds[i]!]}, ${lossTexts[view.sources[i]!]}`,
  logprobText(view.logprobs[i] ?? null),
];

const place = (tip: HTMLElement, token: HTMLElement, frame: HTMLElement): void => {
  const [at, within] = [token.getClientRects()[0]!, frame.getBoundingClientRect()];
  const left = Math.min(at.left - within.left, within.width - tip.offsetWidth);
  tip.style.setProperty('left', `${Math.max(0, left)}px`);
  tip.style.setProperty('top', `${at.bottom - within.top + 4}px`);
};

/** Where the arrow keys lead from token `at`; null: nowhere. */
const target = (key: string, tokens: readonly HTMLElement[], at: number): number | null => {
  const partOf = (i: number) => tokens[i]?.closest('.step');
  switch (key) {
    case 'ArrowRight':
      return at + 1;
    case 'ArrowLeft':
      return at - 1;
    case 'ArrowDown': {
      const next = tokens.findIndex((_, i) => i > at && partOf(i) !== partOf(at));
      return next < 0 ? null : next;
    }
    case 'ArrowUp': {
      const before = tokens.findLastIndex((_, i) => i < at && partOf(i) !== partOf(at));
      return before < 0 ? null : tokens.findIndex((_, i) => partOf(i) === partOf(before));
    }
    case 'Home':
      return 0;
    case 'End':
      return tokens.length - 1;
    default:
      return null;
  }
};

const tokenAt = (event: Event): HTMLElement | null =>
  event.target instanceof Element ? event.target.closest<HTMLElement>('.token') : null;

/** Tokens are one stop for Tab; the arrow keys move among those that are not folded away. */
const listenToArrows = (frame: HTMLElement): void => {
  const visible = (): HTMLElement[] =>
    [...frame.querySelectorAll<HTMLElement>('.token')].filter((one) => one.checkVisibility());
  const first = [...frame.querySelectorAll<HTMLElement>('.step:not([data-kind=prompt]) .token')][0];
  first?.setAttribute('tabindex', '0');
  frame.addEventListener('keydown', (event) => {
    const token = tokenAt(event);
    if (!token || event.ctrlKey || event.altKey || event.metaKey) return;
    const tokens = visible();
    const to = target(event.key, tokens, tokens.indexOf(token));
    const next = to === null ? undefined : tokens[to];
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
  frame.addEventListener('focusin', (event) => {
    const token = tokenAt(event);
    if (!token) return;
    for (const old of frame.querySelectorAll('.token[tabindex="0"]'))
      old.setAttribute('tabindex', '-1');
    token.setAttribute('tabindex', '0');
  });
};

/** What a token is, said beside it while it is pointed at or has the focus; Escape takes it away. */
export const withTokenTips = (view: TokensView, frame: HTMLElement): HTMLElement => {
  const tip = element('div', {
    id: 'token-tip',
    class: 'token-tip',
    role: 'tooltip',
    hidden: true,
  });
  const hide = (): void => {
    tip.hidden = true;
    frame.querySelector('[aria-describedby="token-tip"]')?.removeAttribute('aria-describedby');
  };
  const show = (event: Event): void => {
    const token = tokenAt(event);
    if (!token) return;
    hide();
    const i = Number(token.dataset.token);
    const lines = tipLines(view, i).map((text) => element('span', {}, text));
    tip.replaceChildren(element('strong', {}, visibleText(view.texts[i]!)), ...lines);
    tip.hidden = false;
    token.setAttribute('aria-describedby', 'token-tip');
    place(tip, token, frame);
  };
  frame.append(tip);
  frame.addEventListener('focusin', show);
  // not `pointerover`: what the arrow keys scroll under a resting pointer is not pointed at
  frame.addEventListener('pointermove', (event) => {
    if (event.movementX !== 0 || event.movementY !== 0) show(event);
  });
  for (const name of ['pointerleave', 'focusout']) frame.addEventListener(name, hide);
  frame.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || tip.hidden) return;
    hide();
    event.stopPropagation();
  });
  listenToArrows(frame);
  return frame;
};
