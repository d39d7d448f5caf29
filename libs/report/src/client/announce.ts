import { element } from './dom.ts';

/** Says something to whoever does not see the page; one place for the whole page. */
export const announce = (text: string): void => {
  const id = 'announcer';
  const place =
    document.getElementById(id) ??
    document.body.appendChild(
      element('p', { id, role: 'status', 'aria-live': 'polite', class: 'off-screen' }),
    );
  place.textContent = text;
};

/** A button that shows for two seconds what it did. */
export const toolButton = (
  label: string,
  description: string,
  act: () => Promise<string> | string,
): HTMLButtonElement => {
  const button = element(
    'button',
    { type: 'button', class: 'tool', 'aria-label': description },
    label,
  );
  let shown = 0;
  button.addEventListener('click', async () => {
    const said = await act();
    announce(`${description}: ${said}`);
    button.textContent = said;
    button.dataset.done = '';
    clearTimeout(shown);
    shown = window.setTimeout(() => {
      button.textContent = label;
      delete button.dataset.done;
    }, 2000);
  });
  return button;
};
