/** What to do about what the operating system refuses, by its code. */
const remedies: Readonly<Record<string, string>> = {
  EACCES: 'permission denied; check the permissions of the file and its folder, or name another',
  EADDRINUSE: 'another program listens there; give another port, or none',
  EEXIST: 'a file stands there already; name another place',
  EISDIR: 'it is a folder; name a file',
  ENOENT: 'it, or the folder that it lies in, is not there; check the path',
  ENOSPC: 'the disk is full; free some space, then run the same command again',
  ENOTDIR: 'a part of the path is a file, not a folder; check the path',
  EPERM: 'permission denied; check the permissions of the file and its folder, or name another',
  EROFS: 'the disk is read-only; name another place',
};

type SystemError = NodeJS.ErrnoException & { readonly address?: string; readonly port?: number };

const subjectOf = ({ path, address, port }: SystemError): string =>
  path ?? (address === undefined ? '' : `${address}:${port}`);

/** A sentence for people: what was wrong, where, what to do. Ours are sentences already. */
export const explain = (cause: unknown): string => {
  if (!(cause instanceof Error)) return String(cause);
  const { code, syscall } = cause as SystemError;
  const remedy = syscall === undefined ? undefined : remedies[code ?? ''];
  if (remedy === undefined) return cause.message;
  return `cannot ${syscall} ${subjectOf(cause)}: ${remedy} [${code}]`;
};
