import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Client } from './render-report.ts';

const source = (name: string): string => fileURLToPath(new URL(`client/${name}`, import.meta.url));

const bundled = async (name: string): Promise<string> => {
  const { outputFiles } = await build({
    entryPoints: [source(name)],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'ascii',
    legalComments: 'none',
    write: false,
    logLevel: 'silent',
  });
  return outputFiles[0]!.text;
};

const hashed = (text: string): string =>
  `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** Inline in HTML, a script must not hold what ends or comments out its element. */
const inlineable = (text: string): string =>
  text.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');

/** What a page's script does: read a report, compare sides, or look into a store over HTTP. */
export type ClientKind = 'report' | 'compare' | 'view';

const entries: Readonly<Record<ClientKind, readonly [script: string, style: string]>> = {
  report: ['main.ts', 'style.css'],
  compare: ['compare-main.ts', 'compare.css'],
  view: ['view-main.ts', 'view.css'],
};

/** A page's client, minified into one script, and its style; throws what esbuild finds wrong. */
export const bundleClient = async (kind: ClientKind = 'report'): Promise<Client> => {
  const [code, look] = entries[kind];
  const script = inlineable(await bundled(code));
  const style = await bundled(look);
  return { script, style, scriptHash: hashed(script), styleHash: hashed(style) };
};
