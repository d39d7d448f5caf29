/** Crockford's base 32: no I, L, O, U. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const timeLength = 10;
const randomLength = 16;

const base32 = (value: bigint, length: number): string =>
  Array.from({ length }, (_, index) => {
    const shift = BigInt(5 * (length - 1 - index));
    return alphabet[Number((value >> shift) & 31n)];
  }).join('');

const numberOf = (text: string): bigint =>
  [...text].reduce((value, letter) => (value << 5n) | BigInt(alphabet.indexOf(letter)), 0n);

/** The first ten letters: milliseconds since 1970, in 48 bits. What lies outside them counts as the nearer end. */
export const ulidTime = (milliseconds: number): string => {
  const whole = Number.isFinite(milliseconds) ? Math.trunc(milliseconds) : 0;
  return base32(BigInt(Math.min(Math.max(whole, 0), 2 ** 48 - 1)), timeLength);
};

/** A ULID of this time and of ten random bytes (github.com/ulid/spec): ordered by time, unique over machines. */
export const ulidOf = (milliseconds: number, random: Uint8Array): string => {
  if (random.length !== 10)
    throw new RangeError(`a ULID takes 10 random bytes, not ${random.length}`);
  const bits = random.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);
  return ulidTime(milliseconds) + base32(bits, randomLength);
};

/** The ULID that follows in the same millisecond, so that what came later is ordered later. */
export const ulidAfter = (ulid: string): string => {
  const next = (numberOf(ulid.slice(timeLength)) + 1n) % (1n << 80n);
  return ulid.slice(0, timeLength) + base32(next, randomLength);
};

/** Whether text has the form of a ULID. */
export const isUlid = (text: string): boolean => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text);
