import Database from 'better-sqlite3';

/** What to tell people, by the beginning of SQLite's error code. */
const reasons: readonly (readonly [code: string, reason: string])[] = [
  [
    'SQLITE_FULL',
    'the disk is full (or the store reached its size limit). Everything stored before is kept; free some space, then run the same command again',
  ],
  [
    'SQLITE_IOERR',
    'the disk failed to read or write. Everything stored before is kept; check free space and the disk, then run the same command again',
  ],
  [
    'SQLITE_BUSY',
    'another process kept the store locked for too long; wait for it to end, then run the same command again',
  ],
  [
    'SQLITE_READONLY_DIRECTORY',
    "the store's folder may not be written to, which SQLite needs even to read; change its permissions, or copy the store into a folder of your own",
  ],
  [
    'SQLITE_READONLY',
    'the store may not be written to; check the permissions of the file and its folder',
  ],
  [
    'SQLITE_CANTOPEN',
    'the file cannot be opened; check that its folder exists and may be written to',
  ],
  ['SQLITE_NOTADB', 'the file is not an SQLite database; name another file, or move this one away'],
  [
    'SQLITE_CORRUPT',
    'the store is damaged; bring back a copy, or save what can be read with `sqlite3 FILE .recover`',
  ],
];

/** SQLite's errors as sentences that name what was tried, the file, and what to do; others pass unchanged. */
export const explained = <T>(attempt: string, file: string, work: () => T): T => {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Database.SqliteError)) throw cause;
    const reason = reasons.find(([code]) => cause.code.startsWith(code))?.[1] ?? cause.message;
    throw new Error(`cannot ${attempt} in ${file}: ${reason} [${cause.code}]`, { cause });
  }
};
