const closingQuote = (text: string, opening: number): number => {
  let at = opening + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
};

const colon = /[ \t\r\n]*:/y;

const isKey = (text: string, end: number): boolean => {
  colon.lastIndex = end + 1;
  return colon.test(text);
};

/** Throws where an object in valid JSON has a key twice. */
const assertUniqueKeys = (text: string): void => {
  const open: Set<unknown>[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '{' || character === '[') open.push(new Set());
    if (character === '}' || character === ']') open.pop();
    if (character !== '"') continue;
    const end = closingQuote(text, at);
    if (isKey(text, end)) {
      const key: unknown = JSON.parse(text.slice(at, end + 1));
      if (open.at(-1)!.has(key)) throw new Error(`${JSON.stringify(key)} is given twice`);
      open.at(-1)!.add(key);
    }
    at = end;
  }
};

/** As JSON.parse, which keeps the last of equal keys; here they throw. */
export const parseUniqueJson = (text: string): unknown => {
  const value: unknown = JSON.parse(text);
  assertUniqueKeys(text);
  return value;
};
