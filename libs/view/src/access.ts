import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** The secret of one server, as it stands in its addresses: 192 random bits. */
export const newToken = (): string => randomBytes(24).toString('base64url');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Takes as long whatever differs. */
const isToken = (given: string, token: string): boolean =>
  timingSafeEqual(digest(given), digest(token));

export type Asked = {
  readonly method: string;
  readonly host: string | undefined;
  /** As it came over the wire, e.g. `/TOKEN/run/x?page=2`. */
  readonly url: string;
};

/** Who asked rightly, and for what; or the status with which the request is turned away. */
export type Admission =
  | {
      readonly kind: 'admitted';
      /** Decoded, without the token; `[]` is the front page. */
      readonly path: readonly string[];
      readonly query: URLSearchParams;
    }
  | { readonly kind: 'refused'; readonly status: 400 | 403 | 404 | 405 };

const refused = (status: 400 | 403 | 404 | 405): Admission => ({ kind: 'refused', status });

/** A page elsewhere whose name was made to lead here (DNS rebinding) still says its own name. */
const isOwnHost = (host: string | undefined, port: number): boolean =>
  host === `127.0.0.1:${port}` || host === `localhost:${port}`;

const decoded = (parts: readonly string[]): string[] | null => {
  try {
    return parts.map(decodeURIComponent);
  } catch {
    return null;
  }
};

/** Lets in who knows the token, reads only, and came by this machine's own name. */
export const admit = (
  { method, host, url }: Asked,
  { token, port }: { readonly token: string; readonly port: number },
): Admission => {
  if (!isOwnHost(host, port)) return refused(403);
  const [address = '', ...rest] = url.split('?');
  const [, given = '', ...parts] = address.split('/');
  if (!isToken(given, token)) return refused(404);
  if (method !== 'GET' && method !== 'HEAD') return refused(405);
  const path = decoded(parts.filter((part) => part !== ''));
  if (path === null) return refused(400);
  return { kind: 'admitted', path, query: new URLSearchParams(rest.join('?')) };
};
