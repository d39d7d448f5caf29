import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** A file open for reading at any place. */
export type ByteFile = {
  readonly size: number;
  /** Fresh memory, so that typed arrays of any kind can be views of it. */
  read(at: number, bytes: number): Uint8Array<ArrayBuffer>;
  close(): void;
};

/** readSync refuses 2 GiB and more at once. */
const mostAtOnce = 2 ** 30;

export const openBytes = (file: string): ByteFile => {
  const descriptor = openSync(file, 'r');
  let closed = false;
  const read = (at: number, bytes: number): Uint8Array<ArrayBuffer> => {
    // the descriptor's number may be another file's by now
    if (closed) throw new Error(`${file} is closed; open it again to read it`);
    const out = new Uint8Array(bytes);
    for (let done = 0; done < bytes; ) {
      const count = readSync(descriptor, out, done, Math.min(bytes - done, mostAtOnce), at + done);
      if (count === 0)
        throw new Error(`${file} ended at ${at + done}, ${bytes - done} bytes early`);
      done += count;
    }
    return out;
  };
  const close = (): void => {
    if (!closed) closeSync(descriptor);
    closed = true;
  };
  return { size: fstatSync(descriptor).size, read, close };
};
