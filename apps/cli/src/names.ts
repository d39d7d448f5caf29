const kebab = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const longest = 60;

/** Throws unless it is lower-case words joined by hyphens, as files and targets are named. */
export const assertKebab = (what: string, name: string): void => {
  if (!kebab.test(name)) {
    throw new Error(
      `'${name}' is no name of ${what}: write lower-case words joined by hyphens, e.g. observation-mask`,
    );
  }
  if (name.length > longest) {
    throw new Error(`'${name}' is longer than ${longest} characters`);
  }
};

const reserved = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof undefined var void while with yield'.split(
    ' ',
  ),
);

export const camelCase = (name: string): string =>
  name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The constant that a file of this name exports: its name in camelCase, with `ending` where that is no free identifier in `text`. */
export const constantName = (name: string, ending: string, text: string): string => {
  const plain = /^\d/.test(name) ? `_${camelCase(name)}` : camelCase(name);
  const taken = (word: string): boolean =>
    reserved.has(word) || new RegExp(`\\b${word}\\b`).test(text);
  return taken(plain) ? `${plain}${ending}` : plain;
};
