/** How often a page asks whether something is new; more seldom while the server is gone. */
const everyMs = 2000;
const goneMs = 10_000;

const partSelector = '[data-part], [data-table]';

type Part = { readonly id: string; readonly element: Element };

/** The parts of a page that may change, by id; those within others go with them. */
const partsOf = (page: Document): Map<string, Element> => {
  const parts = [...page.querySelectorAll(partSelector)].filter(
    (part) => part.id !== '' && !part.parentElement?.closest(partSelector),
  );
  return new Map(parts.map((element) => [element.id, element]));
};

const blocksOf = (page: Document): Map<string, string> =>
  new Map(
    [...page.querySelectorAll<HTMLElement>('script[data-block]')].map((block) => [
      block.dataset.block ?? '',
      block.textContent ?? '',
    ]),
  );

const sameNames = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean =>
  a.size === b.size && [...a.keys()].every((name) => b.has(name));

/** Puts a part in the place of the one that is shown; what the reader had opened, scrolled to and chosen stays so. */
const replacePart = ({ id, element }: Part): void => {
  const shown = document.getElementById(id);
  if (!shown) return;
  const next = document.importNode(element, true) as HTMLElement;
  const focused = shown.contains(document.activeElement) ? document.activeElement : null;
  const address = focused instanceof HTMLAnchorElement ? focused.href : null;
  const scrolled = [...shown.querySelectorAll('.frame')].map(({ scrollLeft }) => scrollLeft);
  shown.replaceWith(next);
  [...next.querySelectorAll('.frame')].forEach((frame, i) => {
    frame.scrollLeft = scrolled[i] ?? 0;
  });
  if (address === null) return;
  [...next.querySelectorAll('a')]
    .find(({ href }) => href === address)
    ?.focus({ preventScroll: true });
};

/** Asks for a page of this server as a document; null: it is as it was. */
const ask = (etag: string | null): Promise<{ page: Document; etag: string | null } | null> =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('GET', location.pathname + location.search);
    // parsed without running anything, and without a string becoming markup
    request.responseType = 'document';
    if (etag !== null) request.setRequestHeader('If-None-Match', etag);
    request.addEventListener('load', () => {
      // only of an answer with a body: of none, the browser makes a page that says so, and its own style is refused
      const page = request.status === 200 ? request.responseXML : null;
      if (request.status === 304) resolve(null);
      else if (page) resolve({ page, etag: request.getResponseHeader('ETag') });
      else reject(new Error(`the server answered ${request.status}`));
    });
    request.addEventListener('error', () => reject(new Error('the server is gone')));
    request.send();
  });

/** What a page does with news. */
export type LiveHooks = {
  /** After parts were replaced. */
  readonly onParts: () => void;
  /** The blocks of data, where one of them changed. */
  readonly onBlocks: (blocks: ReadonlyMap<string, string>) => void;
  /** Where the list of trajectories is another. */
  readonly onList: () => void;
  /** One line about how fresh the page is. */
  readonly say: (text: string) => void;
};

/** A page as the server has it. */
export type Known = {
  readonly etag: string | null;
  readonly parts: Map<string, Element>;
  readonly blocks: Map<string, string>;
  /** Version of the list of trajectories. */
  readonly list: string | undefined;
  readonly live: boolean;
};

const knownOf = (page: Document, etag: string | null): Known => ({
  etag,
  parts: partsOf(page),
  blocks: blocksOf(page),
  list: page.body.dataset.list,
  live: page.body.dataset.live === 'on',
});

/** The page as it came, before anything is put into it. */
export const asItCame = (): Known => {
  const { parts, ...rest } = knownOf(document, null);
  const copies = [...parts].map(([id, part]) => [id, part.cloneNode(true) as Element] as const);
  return { ...rest, parts: new Map(copies) };
};

const apply = (before: Known, now: Known, { onParts, onBlocks, onList }: LiveHooks): void => {
  if (!sameNames(before.parts, now.parts) || !sameNames(before.blocks, now.blocks)) {
    // there is something to show that has no place yet
    location.reload();
    return;
  }
  const changed = [...now.parts].filter(([id, part]) => !before.parts.get(id)!.isEqualNode(part));
  for (const [id, element] of changed) replacePart({ id, element });
  if (changed.length > 0) onParts();
  if ([...now.blocks].some(([name, text]) => before.blocks.get(name) !== text))
    onBlocks(now.blocks);
  if (before.list !== now.list) onList();
};

/**
 * Keeps a live page as the server has it: asks again and again, replaces only parts whose markup has changed, and rests while
 * the page is hidden.
 */
export const keepLive = (first: Known, hooks: LiveHooks): void => {
  let known = first;
  let waiting = 0;
  const later = (ms: number): void => {
    clearTimeout(waiting);
    waiting = window.setTimeout(() => void look(), ms);
  };
  const look = async (): Promise<void> => {
    if (document.hidden) return;
    try {
      const answer = await ask(known.etag);
      if (answer) {
        const now = knownOf(answer.page, answer.etag);
        apply(known, now, hooks);
        known = now;
      }
      hooks.say(known.live ? 'Live' : 'Up to date');
      if (known.live) later(everyMs);
    } catch (cause) {
      hooks.say(`Not live: ${cause instanceof Error ? cause.message : String(cause)}`);
      later(goneMs);
    }
  };
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden && known.live) later(0);
  });
  later(everyMs);
};
