import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  executablePath,
  focusedId,
  launch,
  openPage,
  seriousViolations,
  tabTo,
} from './browser.test-data.ts';
import { bundleClient } from './bundle.ts';
import { action, answer, failure, manifest, question, record } from './records.test-data.ts';
import { renderReport } from './render-report.ts';
import { summarize } from './summarize.ts';

const hostile =
  '<script>document.title = "broken"</script></script><!-- ]]> \u2028 a\u0000b \ud800 \u202e <img src=https://example.com/x onerror="document.title=1">';

const found = {
  kind: 'observation',
  text: 'result 1: "Seine"\nA river.\nresult 2: "Le Havre"\nA port.',
  passageIds: ['p1', 'p2'],
  failure: null,
} as const;

const plainRecords = Array.from({ length: 119 }, (_, i) =>
  record({
    arm: i % 2 === 0 ? 'AutoCoA' : 'ReAct',
    question: question({
      id: `q${i}`,
      text: `Question number ${i}?`,
      supporting: [{ title: 'Le Havre', passageId: 'p2' }],
    }),
    steps: [{ kind: 'think', text: 'A river ends in the sea.' }, action, found, answer('Le Havre')],
    stop: i === 0 ? 'horizon' : 'answered',
    metrics: { exactMatch: i % 3 === 0 ? 1 : 0, tokenF1: 0.5, goldRecall: 1 },
  }),
);

const hostileQuestion = question({ id: 'h', dataset: hostile, text: hostile, golds: [hostile] });
const records = [
  ...plainRecords,
  failure('the server is gone', { question: question({ id: 'e', text: 'Error question?' }) }),
  record({
    arm: hostile,
    question: hostileQuestion,
    steps: [
      { kind: 'think', text: hostile },
      { kind: 'action', tool: hostile, input: hostile },
      { ...found, text: hostile },
      answer(hostile),
    ],
  }),
];
const described = manifest({
  claim: hostile,
  arms: { AutoCoA: {}, ReAct: {} },
  command: `npx nx run ${'long-option '.repeat(30)}${hostile}`,
});
const last = records.length - 1;

describe.skipIf(!existsSync(executablePath))('the report in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coa-report-'));
  const address = pathToFileURL(join(folder, 'index.html')).href;
  let browser: Browser;

  beforeAll(async () => {
    const summary = summarize(records, described);
    const client = await bundleClient();
    const steps = [1, 2, 3].map((step) => ({ step, numbers: { reward: step / 10 } }));
    const training = [{ stage: '<b>RL</b>', seed: 0, steps }];
    const tokenTexts = () => 'no tokens here';
    const parts = {
      ...{ manifest: described, summary, records, tokenTexts },
      ...{ training, client, generatedBy: 'test' },
    };
    writeFileSync(join(folder, 'index.html'), [...renderReport(parts)].join(''));
    browser = await launch();
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (hash = '', options: Parameters<typeof openPage>[2] = {}) =>
    openPage(browser, address + hash, options);

  test('opens from disk with nothing to complain about and no request', async () => {
    const { page, context, complaints, requests } = await open();
    await page.goto(`${address}#t=${last}`);
    await page.locator('#trajectory-title').waitFor();
    expect([complaints, requests]).toEqual([[], []]);
    expect(await page.title()).toBe('qa-eval · CoA Lab');
    await context.close();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const hash of ['', '#t=0', `#t=${last}`]) {
      test(`axe finds nothing serious at '${hash}' in ${colorScheme}`, async () => {
        const { page, context } = await open(hash, { colorScheme, bypassCSP: true });
        expect(await seriousViolations(page)).toEqual([]);
        await context.close();
      });
    }
  }

  for (const width of [1440, 768, 390]) {
    test(`does not scroll sideways at ${width} px`, async () => {
      const { page, context } = await open('', { viewport: { width, height: 900 } });
      for (const hash of ['', '#t=0', `#t=${last}`]) {
        await page.goto(address + hash);
        await page.locator(hash ? '#trajectory-title' : '#list').waitFor();
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      }
      await context.close();
    });
  }

  test('the keyboard alone reaches the first and the last trajectory, and comes back', async () => {
    const { page, context } = await open();
    await tabTo(page, '#t-0');
    await page.keyboard.press('Enter');
    await page.locator('#trajectory-title').waitFor();
    expect(await focusedId(page)).toBe('trajectory-title');
    await page.goBack();
    await expect.poll(() => focusedId(page)).toBe('t-0');
    await tabTo(page, '#pager a[href*="page=3"]');
    await page.keyboard.press('Enter');
    await expect.poll(() => focusedId(page)).toBe('trajectories-title');
    await tabTo(page, `#t-${last}`);
    await page.keyboard.press('Enter');
    await page.locator('#trajectory-title').waitFor();
    expect(await page.locator('#trajectory .step').count()).toBe(4);
    await page.goBack();
    await expect.poll(() => focusedId(page)).toBe(`t-${last}`);
    await context.close();
  });

  test('hostile text is shown as text', async () => {
    const { page, context } = await open(`#t=${last}`);
    const visible = hostile.replace('\u0000', '').slice(0, 40);
    const steps = await page.locator('#trajectory .step .text').allTextContents();
    expect(steps).toHaveLength(4);
    for (const text of steps) expect(text).toContain(visible);
    expect(await page.locator('img, #trajectory script').count()).toBe(0);
    expect(await page.locator('.claim').textContent()).toContain(visible);
    await context.close();
  });

  test('tells steps apart by word, marks gold passages and forced answers', async () => {
    const { page, context } = await open('#t=0');
    const heads = await page.locator('#trajectory h4').allTextContents();
    expect(heads.map((head) => head.slice(1))).toEqual([
      'Think',
      'Action',
      'Observation',
      'Answer forced: the loop made the model answer here',
    ]);
    expect(await page.locator('.is-gold').allTextContents()).toEqual([
      'Le Havre★ gold passageA port.',
    ]);
    await context.close();
  });

  test('filters by set, agent, outcome and words, and says how many it found', async () => {
    const { page, context } = await open();
    const count = () => page.locator('#count').textContent();
    expect(await count()).toBe(
      '121 trajectories found (41 right, 79 wrong, 1 error), showing 1 to 50',
    );
    await page.locator('select[name=arm]').selectOption('ReAct');
    expect(await count()).toBe('59 trajectories found (20 right, 39 wrong), showing 1 to 50');
    await page.locator('select[name=outcome]').selectOption('right');
    expect(await count()).toBe('20 trajectories found, showing 1 to 20');
    await page.locator('input[name=text]').fill('NUMBER 9?');
    expect(await count()).toBe('1 trajectory found, showing 1 to 1');
    expect(new URL(page.url()).hash).toContain('text=NUMBER+9');
    await page.reload();
    await expect.poll(count).toBe('1 trajectory found, showing 1 to 1');
    await page.goto(`${address}#trajectories?outcome=error`);
    await expect.poll(count).toBe('1 trajectory found, showing 1 to 1');
    await page.locator('#list a').click();
    await expect.poll(() => page.locator('#trajectory').textContent()).toContain('server is gone');
    await context.close();
  });

  test('says so where an address names no trajectory', async () => {
    const { page, context, complaints } = await open('#t=99999');
    expect(await page.locator('#trajectory-title').textContent()).toContain('no trajectory 99999');
    expect(complaints).toEqual([]);
    await context.close();
  });
});
