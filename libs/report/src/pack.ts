import { deflateSync, strToU8 } from 'fflate';

const slice = 0x8000;

const base64 = (bytes: Uint8Array): string => {
  let binary = '';
  for (let at = 0; at < bytes.length; at += slice) {
    binary += String.fromCharCode(...bytes.subarray(at, at + slice));
  }
  return btoa(binary);
};

/** JSON, deflated, in base64: letters that no HTML parser can take for markup. */
export const pack = (value: unknown): string =>
  base64(deflateSync(strToU8(JSON.stringify(value)), { level: 6 }));

/** Packed data and the name by which its reader asks for it. */
export type Block = { readonly name: string; readonly packed: string };
