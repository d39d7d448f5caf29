import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { executablePath, launch, openPage } from './browser.test-data.ts';
import { bundleClient } from './bundle.ts';
import { answer, manifest, question, record } from './records.test-data.ts';
import { renderReport } from './render-report.ts';
import { summarize } from './summarize.ts';

const sets = ['nq', 'triviaqa', 'hotpotqa', '2wiki', 'musique', 'bamboogle'];
const arms = Array.from({ length: 12 }, (_, i) => `Agent ${i}`);

const records = sets.flatMap((dataset) =>
  arms.map((arm, i) =>
    record({
      arm,
      question: question({ dataset }),
      steps: [answer('x')],
      metrics: { exactMatch: i % 2, tokenF1: 0.5 },
    }),
  ),
);
const described = manifest({
  arms: Object.fromEntries(arms.map((arm) => [arm, {}])),
  datasets: sets.map((name) => ({ name, questions: 1, sha256: '' })),
});

/** A4 within the margins that the style sets, in CSS pixels. */
const pageHeight = ((297 - 30) / 25.4) * 96;

/** The colour of what comes first, in the style's two themes. */
const firstAgent = { light: [0x1f, 0x5f, 0x99], dark: [0x7d, 0xb7, 0xea] } as const;

describe.skipIf(!existsSync(executablePath))('a printed report of twelve agents', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coa-print-'));
  const address = pathToFileURL(join(folder, 'index.html')).href;
  let browser: Browser;

  beforeAll(async () => {
    const parts = {
      ...{ manifest: described, summary: summarize(records, described), records },
      training: ['SFT-1', 'SFT-2'].map((stage) => ({
        ...{ stage, seed: 0 },
        steps: [1, 2, 3].map((step) => ({ step, numbers: { loss: 1 / step } })),
      })),
      ...{ tokenTexts: () => () => null, client: await bundleClient(), generatedBy: 'test' },
    };
    writeFileSync(join(folder, 'index.html'), [...renderReport(parts)].join(''));
    browser = await launch();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const chartHeights = (page: Page) =>
    page.evaluate(
      '[...document.querySelectorAll("canvas")].map((one) => one.getBoundingClientRect().height)',
    ) as Promise<number[]>;

  /** Whether a chart has pixels of a colour. */
  const holds = (page: Page, chart: string, colour: readonly number[]) =>
    page.evaluate(`(() => {
      const canvas = document.querySelector('[data-chart="${chart}"] canvas');
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const [r, g, b] = ${JSON.stringify(colour)};
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === r && data[at + 1] === g && data[at + 2] === b) return true;
      return false;
    })()`) as Promise<boolean>;

  const colour = (page: Page, name: string) =>
    page.evaluate(`getComputedStyle(document.body).${name}`);

  test('has no buttons, light colours whatever the theme, and no chart taller than a page', async () => {
    const { page, context } = await openPage(browser, address, { colorScheme: 'dark' });
    await page.locator('.tool').first().waitFor();
    // on the screen it is none of these
    expect(await page.locator('.tool:visible').count()).toBeGreaterThan(0);
    expect(Math.max(...(await chartHeights(page)))).toBeGreaterThan(pageHeight);
    const charts = ['chart', 'curve-loss-sft'];
    for (const chart of charts) {
      expect(await holds(page, chart, firstAgent.dark)).toBe(true);
      expect(await holds(page, chart, firstAgent.light)).toBe(false);
    }
    const [paper, ink] = [await colour(page, 'backgroundColor'), await colour(page, 'color')];

    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.locator(':is(button, input, select):visible').count()).toBe(0);
    expect(await colour(page, 'backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await colour(page, 'color')).toBe('rgb(29, 28, 26)');
    for (const chart of charts) {
      const light = () => holds(page, chart, firstAgent.light);
      await expect.poll(light, { timeout: 30_000 }).toBe(true);
    }
    // on wide paper too, the sections have the whole width that the contents leave
    await page.setViewportSize({ width: 1440, height: 900 });
    expect((await page.locator('#results').boundingBox())!.width).toBeGreaterThan(1200);
    for (const height of await chartHeights(page)) expect(height).toBeLessThan(pageHeight);

    await page.emulateMedia({ media: 'screen', colorScheme: 'dark' });
    expect([await colour(page, 'backgroundColor'), await colour(page, 'color')]).toEqual([
      paper,
      ink,
    ]);
    await context.close();
  }, 120_000);
});
