import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { admit, newToken } from './access.ts';
import { openPages, type PageOptions, type Pages } from './pages.ts';
import { etagOf, type Reply, send, sendUnchanged } from './reply.ts';
import { type SentPages, sentPages } from './sent-pages.ts';

export type ServeOptions = PageOptions & {
  /** 0 = any that is free. */
  readonly port: number;
};

export type StoreServer = {
  /** The front page, with the token. */
  readonly url: string;
  /** Drops open connections too; the store stays open. */
  close(): Promise<void>;
};

const refusals: Readonly<Record<number, string>> = {
  400: 'This address is not well formed.\n',
  403: 'This server answers under 127.0.0.1 and localhost only.\n',
  404: 'There is nothing here.\n',
  405: 'This server is for reading.\n',
};

const refusal = (status: number): Reply => ({ status, type: 'text', body: refusals[status] ?? '' });

type Serving = {
  readonly pages: Pages;
  readonly sent: SentPages;
  readonly token: string;
  readonly port: number;
};

const respond = async (
  request: IncomingMessage,
  response: ServerResponse,
  { pages, sent, token, port }: Serving,
): Promise<void> => {
  const { method = '', url = '' } = request;
  const head = method === 'HEAD';
  const admission = admit({ method, host: request.headers.host, url }, { token, port });
  if (admission.kind === 'refused') {
    send(response, refusal(admission.status), { head });
    return;
  }
  const known = request.headers['if-none-match'];
  if (known !== undefined && sent.isCurrent(url, known)) {
    sendUnchanged(response, known);
    return;
  }
  const version = pages.version();
  const reply = await pages.answer(admission);
  const etag = etagOf(reply.body);
  if (reply.status === 200) sent.remember(url, etag, version);
  if (reply.status === 200 && known === etag) sendUnchanged(response, etag);
  else send(response, reply, { head, etag });
};

const listening = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

const explained = (cause: unknown): string =>
  cause instanceof Error ? cause.message : String(cause);

/** What went wrong is said to who knows the token: it is their own store. */
const failed = (response: ServerResponse, cause: unknown, head: boolean): void => {
  if (response.headersSent) response.destroy();
  else send(response, { status: 500, type: 'text', body: `${explained(cause)}\n` }, { head });
};

/**
 * Serves a run store to this machine's browsers, for reading: on 127.0.0.1 only, under a random token in the address. Throws
 * where the port is taken.
 */
export const serveStore = async ({
  port: asked,
  ...options
}: ServeOptions): Promise<StoreServer> => {
  const token = newToken();
  const pages = await openPages({ ...options, base: `/${token}` });
  const sent = sentPages(pages.version);
  let port = asked;
  const server = createServer((request, response) => {
    respond(request, response, { pages, sent, token, port }).catch((cause: unknown) =>
      failed(response, cause, request.method === 'HEAD'),
    );
  });
  port = await listening(server, asked);
  return {
    url: `http://127.0.0.1:${port}/${token}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
