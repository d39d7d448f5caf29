import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '@coa/store';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type StoreServer, serveStore } from './serve.ts';
import {
  appendStep,
  hostile,
  manifestOf,
  questionOf,
  recordOf,
  storeAll,
  trainingKey,
} from './store.test-data.ts';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const quiet = ['--no-sandbox', '--headless', '--disable-gpu', '--disable-background-networking'];
const patient = { timeout: 60_000 };

const hostileRun = `run/${encodeURIComponent(`hostile-${hostile}`)}`;
const training = `training/${encodeURIComponent(trainingKey)}`;
const compare = 'compare?a=toy-1a:CoA&b=toy-1a:ReAct';
const paths = {
  runs: '',
  run: 'run/toy-1a',
  'a trajectory': 'run/toy-1a#t=3',
  'a hostile run': hostileRun,
  'a hostile trajectory': `${hostileRun}#t=0`,
  trainings: 'trainings',
  'a training': training,
  'a step': `${training}/step/2`,
  'a rollout': `${training}/step/2#t=3`,
  compare,
  flips: `${compare}#flips?c=0&kind=onlyA`,
  'two sides': `${compare}#t=20&with=80`,
  'a comparison that fails': `compare?a=toy-1a:CoA&b=${encodeURIComponent(hostile)}`,
  'not found': 'run/none',
} as const;

type Violation = { readonly id: string; readonly impact: string; readonly nodes: string };

describe.skipIf(!existsSync(executablePath))('coa view in Chromium', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'coa-view-'));
  const file = join(folder, 'runs.db');
  let store: Store;
  let server: StoreServer;
  let browser: Browser;

  beforeAll(async () => {
    storeAll(file);
    store = openStore(file, { readonly: true });
    const tokenTexts = async () => () => 'No tokenizer here.';
    server = await serveStore({ store, port: 0, tokenTexts, clock: () => performance.now() });
    browser = await chromium.launch({ executablePath, args: quiet });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    store?.close();
    rmSync(folder, { recursive: true, force: true });
  }, 120_000);

  /** Nothing is left to be loaded into the page. */
  const settled = async (page: Page): Promise<void> => {
    await page.waitForLoadState('networkidle');
    await page.waitForFunction('!document.body.textContent.includes("Loading the list")');
  };

  /** A page of its own, with every complaint and every request that leaves this server. */
  const open = async (
    path: string,
    options: Parameters<Browser['newContext']>[0] = {},
  ): Promise<{ page: Page; context: BrowserContext; complaints: string[] }> => {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith(server.url) && !request.url().startsWith('data:'))
        complaints.push(request.url());
    });
    await page.goto(server.url + path);
    await settled(page);
    return { page, context, complaints };
  };

  test.each(Object.entries(paths))(
    '%s: nothing to complain about, no markup from the store, axe, three widths',
    async (name, path) => {
      // axe is put into the page past its policy, which lets no foreign script in
      const { page, context, complaints } = await open(path, { bypassCSP: true });
      for (const width of [1440, 768, 390]) {
        await page.setViewportSize({ width, height: 900 });
        // charts follow a frame later
        await expect
          .poll(() => page.evaluate('document.documentElement.scrollWidth'), patient)
          .toBe(width);
      }
      await page.addScriptTag({ path: axe });
      const violations = (await page.evaluate(
        'axe.run().then((r) => r.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((n) => n.html).join() })))',
      )) as Violation[];
      expect(violations.filter(({ impact }) => /serious|critical/.test(impact))).toEqual([]);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.title()).not.toBe('broken');
      // the browser itself says that a page was not found
      const expected = name === 'not found' ? [expect.stringContaining('404')] : [];
      expect(complaints).toEqual(expected);
      await context.close();
    },
  );

  test('under its own policy every page runs without a complaint', async () => {
    for (const path of ['', hostileRun, `${training}/step/2#t=3`, compare]) {
      const { context, complaints } = await open(path);
      expect(complaints, path).toEqual([]);
      await context.close();
    }
  });

  test('runs are searched, and lead to their trajectories by keyboard alone', async () => {
    const { page, context } = await open('');
    await page.locator('input[name=text]').fill('toy');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('#count').textContent(), patient).toBe('1 of 2 runs');
    await page.locator('.cards a').focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/run/toy-1a');
    await settled(page);
    expect(await page.locator('#count').textContent()).toContain('120 trajectories found');
    await page.locator('#t-0').focus();
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.locator('#trajectory-title').textContent(), patient)
      .toBe('Question q0?');
    expect(await page.locator('#trajectory').textContent()).toContain('I should search.');
    await page.goBack();
    await expect.poll(() => page.evaluate('document.activeElement.id'), patient).toBe('t-0');
    await context.close();
  });

  test.each(['', 'trainings'])(
    'on a phone each row of the list “%s” is a card with every cell in view, and still a table',
    async (path) => {
      const { page, context } = await open(path, { viewport: { width: 390, height: 844 } });
      const cells = page.locator('.cards tbody :is(th, td)');
      const heads = await page.locator('.cards thead th').allTextContents();
      expect(await cells.count()).toBe(
        heads.length * (await page.locator('.cards tbody tr').count()),
      );
      for (const cell of await cells.all()) {
        const { x, width } = (await cell.boundingBox())!;
        expect(x).toBeGreaterThanOrEqual(0);
        expect(x + width).toBeLessThanOrEqual(390);
      }
      expect(await page.evaluate('document.querySelector(".frame").scrollWidth')).toBeLessThan(391);
      expect(
        await page.evaluate(
          'getComputedStyle(document.querySelector(".cards td"), "::before").content',
        ),
      ).toContain(heads[1]!);
      const table = page.getByRole('table');
      expect(await table.getByRole('columnheader').allTextContents()).toEqual(heads);
      expect(await table.getByRole('rowheader').first().getByRole('link').count()).toBe(1);
      await context.close();
    },
  );

  test('a count of the flip table leads to its pairs, a pair to both trajectories, and back', async () => {
    const { page, context } = await open(compare);
    await page.locator('#table-flips-0 a', { hasText: '30' }).first().click();
    await expect
      .poll(() => page.locator('#flip-count').textContent(), patient)
      .toContain('30 pairs');
    expect(await page.locator('select[name=kind]').inputValue()).toBe('onlyA');
    await page.locator('.flips a').first().click();
    await expect
      .poll(() => page.locator('#trajectory-title').textContent(), patient)
      .toBe('Question q15?');
    const sides = await page.locator('#trajectory').textContent();
    expect(sides).toContain('Ada');
    expect(sides).toContain('Charles');
    await page.goBack();
    await expect
      .poll(() => page.evaluate('document.activeElement.closest(".flips") !== null'), patient)
      .toBe(true);
    await context.close();
  });

  test('what is written appears by itself: attempts of a run, steps of a training; what is open stays', async () => {
    const writer = openStore(file);
    const runId = 'grow-1';
    writer.startRun(manifestOf({ runId }), []);
    writer.appendRecord(recordOf(questionOf('n1', 'First?'), { runId }));
    const run = await open(`run/${runId}`);
    const steps = await open(training);
    await steps.page.locator('details summary').last().click();
    const canvas = await steps.page.locator('canvas').first().elementHandle();
    expect(await run.page.locator('#count').textContent()).toContain('1 trajectory found');
    await run.page.locator('#newest a').first().focus();
    writer.appendRecord(recordOf(questionOf('n2', 'Second?'), { runId, right: false }));
    appendStep(writer, 3);
    await expect
      .poll(() => run.page.locator('#newest').textContent(), patient)
      .toContain('Second?');
    await expect
      .poll(() => run.page.locator('#progress').textContent(), patient)
      .toContain('2 of 120');
    await expect
      .poll(() => run.page.locator('#count').textContent(), patient)
      .toContain('2 trajectories found (1 right, 1 wrong)');
    expect(await run.page.locator('#trajectories-title').textContent()).toBe('2 trajectories');
    await expect
      .poll(() => steps.page.locator('#progress').textContent(), patient)
      .toContain('3 of 4');
    await expect
      .poll(() => steps.page.locator('#newest').textContent(), patient)
      .toContain('Step 3');
    expect(await steps.page.locator('details').last().getAttribute('open')).toBe('');
    expect(
      await canvas?.evaluate((node) => (node as unknown as { isConnected: boolean }).isConnected),
    ).toBe(true);
    appendStep(writer, 4);
    await expect.poll(() => steps.page.locator('#live').textContent(), patient).toBe('Up to date');
    // an open trajectory stays; the list is new when the reader comes back to it, filters and all
    await run.page.locator('select[name=outcome]').selectOption('wrong');
    await run.page.locator('#list a').first().click();
    const title = run.page.locator('#trajectory-title');
    await expect.poll(() => title.textContent(), patient).toBe('Second?');
    writer.appendRecord(recordOf(questionOf('n0', 'Third?'), { runId, right: false }));
    await expect.poll(() => run.page.locator('#newest').textContent(), patient).toContain('Third?');
    expect(await title.textContent()).toBe('Second?');
    await run.page.goBack();
    await expect
      .poll(() => run.page.locator('#count').textContent(), patient)
      .toContain('2 trajectories found');
    expect(await run.page.locator('select[name=outcome]').inputValue()).toBe('wrong');
    writer.close();
    expect([...run.complaints, ...steps.complaints]).toEqual([]);
    await run.context.close();
    await steps.context.close();
  });
});
