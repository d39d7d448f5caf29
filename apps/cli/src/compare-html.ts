import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Comparison, Side } from '@coa/compare';
import { renderComparisonPage, sidesOf, type TokenTextsOf } from '@coa/report';
import { bundleClient } from '@coa/report/bundle';
import { runTokenTexts } from '@coa/runner';
import type { Store } from '@coa/store';
import { home, root } from './paths.ts';

/** Of every run among the sides. */
const textsByRun = async (sides: readonly Side[]): Promise<Map<string, TokenTextsOf>> => {
  const texts = new Map<string, TokenTextsOf>();
  for (const { manifest } of sides) {
    if (texts.has(manifest.runId)) continue;
    texts.set(manifest.runId, await runTokenTexts(manifest, { home: home(), root }));
  }
  return texts;
};

/** Writes comparisons as one HTML file, in a folder that is there, with the trajectories of their sides, whole or not at all. */
export const writeComparisonPage = async (
  store: Store,
  comparisons: readonly Comparison[],
  { file, command }: { readonly file: string; readonly command: string },
): Promise<string> => {
  const path = resolve(file);
  const partial = `${path}.${process.pid}.tmp`;
  const texts = await textsByRun(sidesOf(comparisons));
  const page = renderComparisonPage({
    comparisons,
    recordsOf: ({ manifest, arm }) => store.readRecords(manifest.runId, { arm }),
    tokenTexts: ({ manifest, arm }) => texts.get(manifest.runId)!(arm),
    client: await bundleClient('compare'),
    generatedBy: 'CoA Lab',
    command,
  });
  try {
    await pipeline(Readable.from(page), createWriteStream(partial));
    await rename(partial, path);
  } finally {
    await rm(partial, { force: true });
  }
  return path;
};
