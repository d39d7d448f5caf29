/** Lets the browser keep a file; it works from disk and under the page's policy, since nothing is requested. */
export const saveFile = (name: string, content: Blob): void => {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // a browser may read it only after this turn
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
};

const types = { md: 'text/markdown', csv: 'text/csv', tex: 'text/x-tex' } as const;

export const saveText = (name: string, text: string, ending: keyof typeof types): void =>
  saveFile(`${name}.${ending}`, new Blob([text], { type: `${types[ending]};charset=utf-8` }));

/** For pages that may not use the clipboard's own interface: selects the text and copies the selection. */
const copySelected = (text: string): boolean => {
  const area = document.createElement('textarea');
  area.value = text;
  area.className = 'off-screen';
  area.setAttribute('aria-hidden', 'true');
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  let copied = false;
  try {
    copied = document.execCommand('copy');
  } catch {
    // refused: the caller saves a file instead
  }
  area.remove();
  if (focused instanceof HTMLElement) focused.focus({ preventScroll: true });
  return copied;
};

/** Whether the text is in the clipboard now. */
export const copyText = async (text: string): Promise<boolean> => {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // not there in this browser, or not allowed to a page from disk
    return copySelected(text);
  }
};
