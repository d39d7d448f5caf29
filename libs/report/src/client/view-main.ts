import { type Browser, browse } from './browse.ts';
import type { FlipList } from './compare-payload.ts';
import { byId } from './dom.ts';
import { browseFlips } from './flip-browser.ts';
import { httpSource } from './http-source.ts';
import { asItCame, keepLive } from './live.ts';
import { drawReportCharts } from './report-charts.ts';
import { inlineBlock, type Source } from './source.ts';
import { unpack } from './unpack.ts';

const browseSource = (source: Source): Promise<Browser> =>
  browse(source, {
    browser: byId('browser'),
    overview: byId('overview'),
    trajectory: byId('trajectory'),
    // a live page may have another by now
    title: () => byId('trajectories-title'),
  });

const showFlips = async (source: Source): Promise<void> => {
  const flips = await inlineBlock('flips');
  if (flips === null) return;
  const places = { place: byId('flip-browser'), title: byId('flips-title') };
  browseFlips(unpack<FlipList[]>(flips), await source.index(), places);
};

const follow = async (address: string): Promise<Browser> => {
  const source = httpSource(address);
  const browser = await browseSource(source);
  if (document.body.dataset.page === 'compare') await showFlips(source);
  return browser;
};

const start = async (): Promise<void> => {
  const first = asItCame();
  const charts = await drawReportCharts(inlineBlock);
  const { source } = document.body.dataset;
  const browser = source === undefined ? null : follow(source);
  browser?.catch((cause: unknown) => {
    byId('browser').textContent = cause instanceof Error ? cause.message : String(cause);
  });
  if (document.body.dataset.live !== 'on') return;
  keepLive(first, {
    onParts: charts.addButtons,
    onBlocks: (blocks) => void charts.update(async (name) => blocks.get(name) ?? null),
    onList: () => void browser?.then((shown) => shown.renew(httpSource(source!))).catch(() => {}),
    say: (text) => {
      byId('live').textContent = text;
    },
  });
};

void start();
