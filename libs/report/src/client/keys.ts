import { element } from './dom.ts';

/** What single keys do. */
export type KeyActions = {
  /** The next (1) or previous (−1) line of the list, or trajectory. */
  step(by: 1 | -1): void;
  /** Back to the list; says whether there was anything to go back from. */
  back(): boolean;
  search(): void;
  /** Steps or tokens. */
  change(): void;
};

const helpLines: readonly (readonly [keys: string, what: string])[] = [
  ['j, ↓', 'next line of the list, or next trajectory (↓ in the list only)'],
  ['k, ↑', 'previous one'],
  ['Enter', 'opens the line'],
  ['Esc', 'back to the list'],
  ['/', 'search'],
  ['s', 'steps or tokens'],
  ['← → ↑ ↓', 'among tokens: by token, by part'],
  ['?', 'these keys'],
];

type Help = { readonly dialog: HTMLDialogElement; readonly enabled: HTMLInputElement };

const helpDialog = (): Help => {
  const enabled = element('input', { type: 'checkbox', checked: true });
  const close = element('button', { type: 'button' }, 'Close');
  const dialog = element(
    'dialog',
    { class: 'keys', 'aria-labelledby': 'keys-title' },
    element('h2', { id: 'keys-title' }, 'Keys'),
    element(
      'dl',
      {},
      ...helpLines.map(([keys, what]) =>
        element('div', {}, element('dt', {}, element('kbd', {}, keys)), element('dd', {}, what)),
      ),
    ),
    element('label', {}, enabled, 'Letters and signs act as keys'),
    close,
  );
  close.addEventListener('click', () => dialog.close());
  return { dialog, enabled };
};

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);

const inList = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('#list') !== null;

/** What a key means where it was pressed; null: nothing of ours. */
const meaning = (event: KeyboardEvent, actions: KeyActions, help: Help): (() => void) | null => {
  const arrows = inList(event.target);
  if (event.key === 'ArrowDown' && arrows) return () => actions.step(1);
  if (event.key === 'ArrowUp' && arrows) return () => actions.step(-1);
  if (!help.enabled.checked && event.key !== '?') return null;
  switch (event.key) {
    case 'j':
      return () => actions.step(1);
    case 'k':
      return () => actions.step(-1);
    case '/':
      return actions.search;
    case 's':
      return actions.change;
    case '?':
      return () => help.dialog.showModal();
    default:
      return null;
  }
};

const leave = (event: KeyboardEvent, actions: KeyActions): void => {
  if (event.target instanceof HTMLElement && isTyping(event.target)) event.target.blur();
  else if (actions.back()) event.preventDefault();
};

/** Keys for who reads many trajectories, and a button that shows them; returns the button. */
export const listenToKeys = (actions: KeyActions): HTMLElement => {
  const help = helpDialog();
  document.body.append(help.dialog);
  addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || help.dialog.open) return;
    if (event.key === 'Escape') return leave(event, actions);
    if (isTyping(event.target)) return;
    const act = meaning(event, actions, help);
    if (!act) return;
    event.preventDefault();
    act();
  });
  const button = element('button', { type: 'button', class: 'keys-button' }, 'Keys');
  button.addEventListener('click', () => help.dialog.showModal());
  return button;
};
