const printable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;

/**
 * The printable stand-in of each byte, in which byte-level vocabularies are written (GPT-2, `bytes_to_unicode` of its
 * encoder.py): printable Latin-1 stands for itself, the other 68 bytes for U+0100 onwards.
 */
export const byteCharacters: readonly string[] = Array.from({ length: 256 }, (_, byte) => {
  const before = Array.from({ length: byte }, (_, other) => other).filter((b) => !printable(b));
  return String.fromCharCode(printable(byte) ? byte : 0x100 + before.length);
});

const bytesOf: ReadonlyMap<string, number> = new Map(
  byteCharacters.map((character, byte) => [character, byte]),
);

const utf8 = new TextEncoder();

/** UTF-8 bytes of `text`, each as its stand-in. */
export const toByteLevel = (text: string): string =>
  Array.from(utf8.encode(text), (byte) => byteCharacters[byte]).join('');

/** The bytes that a byte-level token stands for; its own UTF-8 where it holds anything but stand-ins. */
export const tokenBytes = (token: string): Uint8Array => {
  const bytes = Array.from(token, (character) => bytesOf.get(character) ?? -1);
  return bytes.includes(-1) ? utf8.encode(token) : Uint8Array.from(bytes);
};
