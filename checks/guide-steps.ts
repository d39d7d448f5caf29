/** What a guide asks its reader to do, in order. */
export type GuideStep =
  /** Write a file. */
  | { readonly kind: 'write'; readonly file: string; readonly text: string }
  /** Change one place of a file: `before` stands in it once. */
  | {
      readonly kind: 'change';
      readonly file: string;
      readonly before: string;
      readonly after: string;
    }
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

/** The lines that stand before and after a change. */
const sides = (text: string): { readonly before: string; readonly after: string } => {
  const lines = text.split('\n').filter((line) => line !== '');
  const side = (own: string): string =>
    lines
      .filter((line) => line.startsWith(own) || line.startsWith(' '))
      .map((line) => `${line.slice(1)}\n`)
      .join('');
  return { before: side('-'), after: side('+') };
};

const nonEmpty = (text: string): string[] => text.split('\n').filter((line) => line.trim() !== '');

/** The fenced blocks of a guide as steps. Throws on a block that nobody could carry out: every block is to be tried. */
export const guideSteps = (markdown: string): GuideStep[] => {
  const steps: GuideStep[] = [];
  for (const [, language, file, text = ''] of markdown.matchAll(fence)) {
    const last = steps.at(-1);
    if (language === 'diff' && file) steps.push({ kind: 'change', file, ...sides(text) });
    else if (file) steps.push({ kind: 'write', file, text });
    else if (language === 'sh')
      steps.push({ kind: 'run', commands: nonEmpty(text).map(commandOf), lines: [] });
    else if (language === 'text' && last?.kind === 'run') last.lines.push(...nonEmpty(text));
    else throw new Error(`a block of '${language}' is neither a file, a command nor its output`);
  }
  return steps;
};

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Whether a line is what the guide shows: `…` stands for anything, spaces for one or more. */
export const isLike = (shown: string, line: string): boolean => {
  const parts = shown
    .trim()
    .split('…')
    .map((part) => part.split(/\s+/).map(escaped).join('\\s+'));
  return new RegExp(`^\\s*${parts.join('.*')}\\s*$`).test(line);
};
