import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { executablePath, launch, type Opened, openPage } from './browser.test-data.ts';
import { bundleClient } from './bundle.ts';
import { action, answer, manifest, question, record } from './records.test-data.ts';
import { renderReport } from './render-report.ts';
import { reportTables } from './report-tables.ts';
import { summarize } from './summarize.ts';
import { type TableFormat, writeTable } from './table-formats.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const hostile = '=HYPERLINK("x")|</script><!-- \\end{table} & <img src=x onerror=document.title=1>';

const sets = ['nq', 'triviaqa', 'hotpotqa', '2wiki', 'musique', 'bamboogle'];
const arms = ['Closed book', 'ReAct', 'SFT-1&2', 'SFT-1&2&3', 'RL-2', hostile];

const records = sets.flatMap((set, s) =>
  arms.flatMap((arm, a) =>
    Array.from({ length: 12 }, (_, i) =>
      record({
        arm,
        repeat: i % 2,
        question: question({
          id: `q${i >> 1}`,
          dataset: `atlas-${set}`,
          known: i % 4 < 2,
          hops: s < 2 ? 1 : 3,
        }),
        steps: [...Array.from({ length: a === 0 ? 0 : (i % 3) + 1 }, () => action), answer('x')],
        metrics: { exactMatch: Number((i + a + s) % 3 === 0), tokenF1: 0.5, judged: i % 2 },
      }),
    ),
  ),
);
const described = manifest({
  claim: hostile,
  repeats: 2,
  arms: Object.fromEntries(arms.map((arm) => [arm, {}])),
  datasets: sets.map((set) => ({ name: `atlas-${set}`, questions: 6, sha256: '' })),
});
const estimate = { mean: 0.5, low: 0.4, high: 0.6 };
const counts = { both: 1, 'real only': 2, 'simulated only': 3, neither: 4 };
const facts = {
  summary: summarize(records, described),
  manifest: described,
  training: ['SFT-1', hostile].map((stage) => ({
    ...{ stage, seed: 0 },
    steps: [1, 2, 3].map((step) => ({ step, numbers: { loss: 1 / step, reward: step / 10 } })),
  })),
  fidelity: [
    {
      ...{ model: hostile, known: true, calls: 9, questions: 3, wordF1: estimate },
      ...{ logLikelihood: estimate, gold: counts, goldReal: estimate, goldSimulated: estimate },
      ...{ hop: counts, hopReal: estimate, hopSimulated: null },
    },
  ],
};
const tables = reportTables(facts);

describe.skipIf(!existsSync(executablePath))('tables and charts in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coa-tables-'));
  const address = pathToFileURL(join(folder, 'index.html')).href;
  let browser: Browser;

  beforeAll(async () => {
    const client = await bundleClient();
    const tokenTexts = () => 'No tokens are stored.';
    const parts = { ...facts, records, tokenTexts, client, generatedBy: 'test' };
    writeFileSync(join(folder, 'index.html'), [...renderReport(parts)].join(''));
    browser = await launch();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const open = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<Opened> => {
    const opened = await openPage(browser, address, options);
    await opened.page.locator('#table-results .tool').first().waitFor();
    return opened;
  };

  const press = (page: Page, id: string, name: string) =>
    page.locator(`#table-${id} > .tools button`, { hasText: name }).first().click();

  const saved = async (page: Page, act: () => Promise<void>): Promise<[string, Buffer]> => {
    // Chromium drops what a page saves beyond ten files a second
    await page.waitForTimeout(150);
    const [download] = await Promise.all([page.waitForEvent('download'), act()]);
    return [download.suggestedFilename(), readFileSync(await download.path())];
  };

  /** Every table on the page, the hidden ones included. */
  const unfold = (page: Page) =>
    page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');

  test('every table of the report is on the page, with buttons that save the bytes of writeTable', async () => {
    const { page, context, complaints, requests } = await open();
    await unfold(page);
    const ids = (await page.evaluate(
      '[...document.querySelectorAll("[data-table]")].map((one) => one.dataset.table)',
    )) as string[];
    expect([...ids].sort()).toEqual(tables.map(({ id }) => id).sort());
    for (const id of [
      'headline',
      'claims',
      'table1',
      'table2',
      'figure3b',
      'fidelity',
      'curve-loss-grpo',
    ]) {
      const table = tables.find((one) => one.id === id)!;
      for (const [ending, format] of [
        ['md', 'md'],
        ['csv', 'csv'],
        ['tex', 'latex'],
      ] satisfies [string, TableFormat][]) {
        const [name, bytes] = await saved(page, () => press(page, id, `.${ending}`));
        expect(name).toBe(`${id}.${ending}`);
        expect(bytes.toString('utf8')).toBe(writeTable(table, format));
      }
    }
    expect([complaints, requests]).toEqual([[], []]);
    await context.close();
  }, 120_000);

  test('copies with one click, by keyboard too, and says so', async () => {
    const { page, context } = await open({ permissions: ['clipboard-read', 'clipboard-write'] });
    const button = page.locator('#table-table1 > .tools button', { hasText: 'LaTeX' });
    await button.focus();
    await page.keyboard.press('Enter');
    const said = () => page.locator('#announcer').textContent();
    await expect.poll(said, { timeout: 30_000 }).toBe('LaTeX: copy “Table 1 of the paper”: Copied');
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(
      writeTable(tables.find(({ id }) => id === 'table1')!, 'latex'),
    );
    await expect.poll(() => button.textContent(), { timeout: 30_000 }).toBe('LaTeX');
    await context.close();
  }, 60_000);

  test('saves a file where the clipboard is out of reach', async () => {
    const { page, context } = await open();
    await page.evaluate(
      'Object.defineProperty(navigator, "clipboard", { value: undefined }); document.execCommand = () => false',
    );
    const [name, bytes] = await saved(page, () => press(page, 'results', 'CSV'));
    expect(name).toBe('results.csv');
    expect(bytes.toString('utf8')).toContain("'=HYPERLINK");
    await context.close();
  }, 60_000);

  test('a chart gives its picture and its numbers', async () => {
    const { page, context } = await open();
    const figure = page.locator('[data-chart="figure3a-run"]');
    const [picture, png] = await saved(page, () =>
      figure.locator('button', { hasText: 'Picture' }).click(),
    );
    expect([picture, png.subarray(1, 4).toString()]).toEqual(['figure3a-run.png', 'PNG']);
    const width = await page.evaluate(
      'document.querySelector("[data-chart=figure3a-run] canvas").clientWidth',
    );
    expect(png.readUInt32BE(16)).toBe(3 * (Number(width) + 32));
    const [name, csv] = await saved(page, () =>
      figure.locator('button', { hasText: 'Data' }).click(),
    );
    expect(name).toBe('figure3a.csv');
    expect(csv.toString()).toContain('Paper Agent model: SFT+RL');
    await context.close();
  }, 60_000);

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`axe finds nothing at all in ${colorScheme}, every table unfolded`, async () => {
      const { page, context } = await open({ colorScheme, bypassCSP: true });
      await unfold(page);
      await page.addScriptTag({ path: axe });
      const found = await page.evaluate(
        'axe.run().then((r) => r.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((n) => n.html).slice(0, 3) })))',
      );
      expect(found).toEqual([]);
      await context.close();
    }, 120_000);
  }

  for (const width of [1440, 768, 390]) {
    test(`tables scroll in their frames, the page does not, at ${width} px`, async () => {
      const { page, context } = await open({ viewport: { width, height: 900 } });
      await unfold(page);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      const wide = await page.evaluate(
        '[...document.querySelectorAll(".frame")].filter((one) => one.scrollWidth > one.clientWidth + 1 && one.tabIndex < 0).length',
      );
      expect(wide).toBe(0);
      await context.close();
    }, 60_000);
  }

  test('the first numbers, with their intervals, stand in the first view, before any script', async () => {
    const { page, context } = await openWithoutScript();
    const box = await page.locator('#table-headline tbody tr').first().boundingBox();
    expect(box!.y + box!.height).toBeLessThan(900);
    expect(await page.locator('#table-headline tbody tr').first().textContent()).toMatch(
      /Closed book\d+\.\d \d+\.\d–\d+\.\d/,
    );
    await context.close();
  }, 60_000);

  const openWithoutScript = async () => {
    const context = await browser.newContext({
      javaScriptEnabled: false,
      viewport: { width: 1440, height: 900 },
    });
    const page = await context.newPage();
    await page.goto(address);
    return { page, context };
  };

  test('printed, it has no buttons and no list, and its tables whole', async () => {
    const { page, context } = await open();
    await page.emulateMedia({ media: 'print' });
    for (const selector of ['.tools', '.contents', '#trajectories'])
      expect(await page.locator(selector).first().isVisible()).toBe(false);
    expect(
      await page.evaluate(
        'getComputedStyle(document.querySelector("#table-results .frame")).overflowX',
      ),
    ).toBe('visible');
    await context.close();
  }, 60_000);

  test('hostile names stay text', async () => {
    const { page, context } = await open();
    await unfold(page);
    expect(await page.locator('img, main script').count()).toBe(0);
    expect(await page.title()).toBe('qa-eval · CoA Lab');
    expect(await page.locator('#table-headline tbody th').last().textContent()).toBe(hostile);
    await context.close();
  }, 60_000);
});
