import { toolButton } from './announce.ts';
import { element } from './dom.ts';
import { copyText, saveText } from './save.ts';
import { unpack } from './unpack.ts';

const formats = [
  { format: 'md', ending: 'md', name: 'Markdown' },
  { format: 'latex', ending: 'tex', name: 'LaTeX' },
  { format: 'csv', ending: 'csv', name: 'CSV' },
] as const;

type Texts = Readonly<Record<string, Readonly<Record<(typeof formats)[number]['format'], string>>>>;

/** The tables' texts, decoded when the first button is pressed. */
export type TableTexts = () => Promise<Texts>;

export const tableTexts = (read: (name: string) => Promise<string | null>): TableTexts => {
  let texts: Promise<Texts> | null = null;
  const load = async (): Promise<Texts> => {
    const packed = await read('tables');
    return packed === null ? {} : unpack<Texts>(packed);
  };
  return () => {
    texts ??= load();
    return texts;
  };
};

const copyButton = (
  { format, ending, name }: (typeof formats)[number],
  { id, title, texts }: { readonly id: string; readonly title: string; readonly texts: TableTexts },
): HTMLElement =>
  toolButton(name, `${name}: copy “${title}”`, async () => {
    const text = (await texts())[id]?.[format] ?? '';
    if (await copyText(text)) return 'Copied';
    saveText(id, text, ending);
    return 'Saved as a file';
  });

const saveButton = (
  { format, ending, name }: (typeof formats)[number],
  { id, title, texts }: { readonly id: string; readonly title: string; readonly texts: TableTexts },
): HTMLElement =>
  toolButton(`.${ending}`, `.${ending}: save “${title}” as a ${name} file`, async () => {
    saveText(id, (await texts())[id]?.[format] ?? '', ending);
    return 'Saved';
  });

/** Under every table: copy it, or save it, as Markdown, LaTeX and CSV. */
export const addTableButtons = (texts: TableTexts): void => {
  for (const table of document.querySelectorAll<HTMLElement>('[data-table]:not(:has(> .tools))')) {
    const { table: id = '', title = '' } = table.dataset;
    const of = { id, title, texts };
    table.append(
      element(
        'div',
        { class: 'tools', role: 'group', 'aria-label': `${title}: copy and save` },
        element('span', {}, 'Copy ', ...formats.map((one) => copyButton(one, of))),
        element('span', {}, 'Save ', ...formats.map((one) => saveButton(one, of))),
      ),
    );
  }
};
