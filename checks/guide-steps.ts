/** What a guide asks its reader to do, in order. */
export type GuideStep =
  /** Write a file. */
  | { readonly kind: 'write'; readonly file: string; readonly text: string }
  /** Change one place of a file, line by line: ` ` stays, `-` goes, `+` is new. */
  | { readonly kind: 'change'; readonly file: string; readonly lines: readonly string[] }
  /** Run commands, and see these lines among what they print. */
  | { readonly kind: 'run'; readonly commands: readonly Command[]; readonly lines: string[] };

/** `command  # exit 2` is expected to end with that code, `command  # fails` with any but 0, any other with 0. */
export type Command = { readonly text: string; readonly exit: number | 'fails' };

const fence = /^```(\w+)(?: file=(\S+))?\n([\s\S]*?)^```$/gm;

const commandOf = (line: string): Command => {
  const [, text = line, exit = '0'] = /^(.*?)\s+# (?:exit )?(\d+|fails)$/.exec(line) ?? [];
  return { text, exit: exit === 'fails' ? exit : Number(exit) };
};

/** Whether a command ended as the guide says. */
export const endedAs = ({ exit }: Command, code: unknown): boolean =>
  exit === 'fails' ? typeof code === 'number' && code !== 0 : code === exit;

const nonEmpty = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

/** The fenced blocks of a guide as steps. Throws on a block that nobody could carry out: every block is to be tried. */
export const guideSteps = (markdown: string): GuideStep[] => {
  const steps: GuideStep[] = [];
  for (const [, language, file, text = ''] of markdown.matchAll(fence)) {
    const last = steps.at(-1);
    if (language === 'diff' && file) steps.push({ kind: 'change', file, lines: nonEmpty(text) });
    else if (file) steps.push({ kind: 'write', file, text });
    else if (language === 'sh')
      steps.push({ kind: 'run', commands: nonEmpty(text).map(commandOf), lines: [] });
    else if (language === 'text' && last?.kind === 'run') last.lines.push(...nonEmpty(text));
    else throw new Error(`a block of '${language}' is neither a file, a command nor its output`);
  }
  return steps;
};

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** What stays may be shown by its beginning, `…` for the rest. */
const patternOf = (line: string): string => {
  const shown = line.slice(1);
  return shown.endsWith('…') ? `${escaped(shown.slice(0, -1))}[^\\n]*\\n` : `${escaped(shown)}\\n`;
};

/** A file's text with a change carried out. Throws unless what stands before it stands in the file once. */
export const changed = (text: string, lines: readonly string[]): string => {
  const old = lines.filter((line) => !line.startsWith('+'));
  const found = [
    ...text.matchAll(new RegExp(`^${old.map((line) => `(${patternOf(line)})`).join('')}`, 'gm')),
  ];
  const [match, another] = found;
  if (match === undefined || another !== undefined || old.length === 0) {
    throw new Error(`stands there ${found.length} times:\n${old.join('\n')}`);
  }
  let at = 0;
  const written = lines.map((line) => {
    if (line.startsWith('+')) return `${line.slice(1)}\n`;
    at += 1;
    return line.startsWith('-') ? '' : match[at]!;
  });
  return `${text.slice(0, match.index)}${written.join('')}${text.slice(match.index + match[0].length)}`;
};

/** Whether a line is what the guide shows: `…` stands for anything, spaces for one or more. */
export const isLike = (shown: string, line: string): boolean => {
  const parts = shown
    .trim()
    .split('…')
    .map((part) => part.split(/\s+/).map(escaped).join('\\s+'));
  return new RegExp(`^\\s*${parts.join('.*')}\\s*$`).test(line);
};
