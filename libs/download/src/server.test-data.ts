import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A server for one test, whose handler is told the number of the request from 0 on; resolves to an address of it. */
export const serve = (
  handler: (request: IncomingMessage, response: ServerResponse, n: number) => void,
): Promise<string> =>
  new Promise((resolve) => {
    let n = 0;
    const server = createServer((request, response) => handler(request, response, n++));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/file`),
    );
  });
