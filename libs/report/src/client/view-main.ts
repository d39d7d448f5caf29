import { browse } from './browse.ts';
import type { FlipList } from './compare-payload.ts';
import { byId } from './dom.ts';
import { browseFlips } from './flip-browser.ts';
import { httpSource } from './http-source.ts';
import { asItCame, keepLive } from './live.ts';
import { drawReportCharts } from './report-charts.ts';
import { inlineBlock, type Source } from './source.ts';
import { unpack } from './unpack.ts';

const browseSource = (source: Source): Promise<void> =>
  browse(source, {
    browser: byId('browser'),
    overview: byId('overview'),
    trajectory: byId('trajectory'),
    title: byId('trajectories-title'),
  });

const showFlips = async (source: Source): Promise<void> => {
  const flips = await inlineBlock('flips');
  if (flips === null) return;
  const places = { place: byId('flip-browser'), title: byId('flips-title') };
  browseFlips(unpack<FlipList[]>(flips), await source.index(), places);
};

const follow = async (): Promise<void> => {
  const { source: address, page } = document.body.dataset;
  if (address === undefined) return;
  const source = httpSource(address);
  await browseSource(source);
  if (page === 'compare') await showFlips(source);
};

const start = async (): Promise<void> => {
  const first = asItCame();
  const charts = await drawReportCharts(inlineBlock);
  void follow().catch((cause: unknown) => {
    byId('browser').textContent = cause instanceof Error ? cause.message : String(cause);
  });
  if (document.body.dataset.live !== 'on') return;
  keepLive(first, {
    onParts: charts.addButtons,
    onBlocks: (blocks) => void charts.update(async (name) => blocks.get(name) ?? null),
    say: (text) => {
      byId('live').textContent = text;
    },
  });
};

void start();
