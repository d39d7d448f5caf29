import { inflateSync, strFromU8 } from 'fflate';

const bytesOf = (packed: string): Uint8Array => {
  const binary = atob(packed);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
};

/** Undoes `pack`. */
export const unpack = <T>(packed: string): T =>
  JSON.parse(strFromU8(inflateSync(bytesOf(packed)))) as T;
