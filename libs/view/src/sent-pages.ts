/** Addresses that are remembered; the one that was asked for longest ago gives way. */
const mostKept = 200;

/** What was last sent where, so that a reader who asks again is told without reading the store that nothing has changed. */
export type SentPages = {
  /** Whether what the reader has is still what there is. */
  isCurrent(url: string, etag: string): boolean;
  /** `version`: of the store, read before the page was made. */
  remember(url: string, etag: string, version: number): void;
};

/** `version`: another number whenever the store has changed. */
export const sentPages = (version: () => number): SentPages => {
  const sent = new Map<string, { readonly etag: string; readonly version: number }>();
  return {
    isCurrent: (url, etag) => {
      const last = sent.get(url);
      return last !== undefined && last.etag === etag && last.version === version();
    },
    remember: (url, etag, at) => {
      sent.delete(url);
      sent.set(url, { etag, version: at });
      if (sent.size > mostKept) sent.delete(sent.keys().next().value!);
    },
  };
};
