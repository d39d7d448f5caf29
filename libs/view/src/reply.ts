import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** What is answered, whole. */
export type Reply = {
  readonly status: number;
  readonly type: 'html' | 'script' | 'style' | 'text';
  readonly body: string;
};

const types: Readonly<Record<Reply['type'], string>> = {
  html: 'text/html; charset=utf-8',
  script: 'text/javascript; charset=utf-8',
  style: 'text/css; charset=utf-8',
  text: 'text/plain; charset=utf-8',
};

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Nothing is kept by anybody, shown inside another page, or read by another origin; the address, which has the token, goes nowhere. */
const guards: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': policy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

export const etagOf = (body: string): string =>
  `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;

/** Sends the reply; of a HEAD request the head alone. */
export const send = (
  response: ServerResponse,
  { status, type, body }: Reply,
  { head, etag }: { readonly head: boolean; readonly etag?: string },
): void => {
  const bytes = Buffer.from(body);
  response.writeHead(status, {
    ...guards,
    ...(etag !== undefined && { ETag: etag }),
    ...(status === 405 && { Allow: 'GET, HEAD' }),
    'Content-Type': types[type],
    'Content-Length': bytes.length,
  });
  response.end(head ? undefined : bytes);
};

/** The reader has it already. */
export const sendUnchanged = (response: ServerResponse, etag: string): void => {
  response.writeHead(304, { ...guards, ETag: etag });
  response.end();
};
