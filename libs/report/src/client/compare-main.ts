import { browse } from './browse.ts';
import type { FlipList } from './compare-payload.ts';
import { byId } from './dom.ts';
import { browseFlips } from './flip-browser.ts';
import { inlineBlock, packedSource } from './source.ts';
import { addTableButtons, tableTexts } from './table-buttons.ts';
import { unpack } from './unpack.ts';

const start = async (): Promise<void> => {
  addTableButtons(tableTexts(inlineBlock));
  const browser = document.getElementById('browser');
  const flips = await inlineBlock('flips');
  // a page without trajectories has no lists
  if (!browser || flips === null) return;
  const source = packedSource(inlineBlock);
  await browse(source, {
    browser,
    overview: byId('overview'),
    trajectory: byId('trajectory'),
    title: () => byId('trajectories-title'),
  });
  browseFlips(unpack<FlipList[]>(flips), await source.index(), {
    place: byId('flip-browser'),
    title: byId('flips-title'),
  });
};

// The trajectories stand after this script; the tables do not wait for them.
addEventListener('DOMContentLoaded', () => void start());
