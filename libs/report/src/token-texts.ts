/** What a token is in text. `control`: it marks a turn, and decoded text leaves it out. */
export type TokenPiece = { readonly bytes: Uint8Array; readonly control: boolean };

/** The piece of a token id; null where the vocabulary has none. */
export type TokenPieces = (id: number) => TokenPiece | null;

/** A token's text as shown, and as it counts in the decoded text. */
export type TokenText = { readonly shown: string; readonly decoded: string };

/** A token that is text by itself, or (null) a part of a character. */
type Known = { readonly text: TokenText | null; readonly piece: TokenPiece };

const whole = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const textOrNull = ({ bytes, control }: TokenPiece): TokenText | null => {
  try {
    const shown = whole.decode(bytes);
    return { shown, decoded: control ? '' : shown };
  } catch {
    return null;
  }
};

/** Texts of tokens that are only together a text: each character at the token that ends it. */
const joinedTexts = (pieces: readonly TokenPiece[]): string[] => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const texts = pieces.map(({ bytes }) => decoder.decode(bytes, { stream: true }));
  texts[texts.length - 1] += decoder.decode();
  return texts;
};

/** Texts of token ids, each vocabulary entry looked up once; null where an id is in no vocabulary. */
export const tokenTexts = (
  pieces: TokenPieces,
): ((ids: ArrayLike<number>) => TokenText[] | null) => {
  const known = new Map<number, Known>();
  const lookUp = (id: number): Known | null => {
    const seen = known.get(id);
    if (seen) return seen;
    const piece = pieces(id);
    if (piece === null) return null;
    const entry = { piece, text: textOrNull(piece) };
    known.set(id, entry);
    return entry;
  };
  return (ids) => {
    const texts: TokenText[] = [];
    let parts: TokenPiece[] = [];
    const flush = (): void => {
      if (parts.length === 0) return;
      for (const text of joinedTexts(parts)) texts.push({ shown: text, decoded: text });
      parts = [];
    };
    for (let i = 0; i < ids.length; i++) {
      const entry = lookUp(ids[i]!);
      if (entry === null) return null;
      if (entry.text === null) {
        parts.push(entry.piece);
        continue;
      }
      flush();
      texts.push(entry.text);
    }
    flush();
    return texts;
  };
};
