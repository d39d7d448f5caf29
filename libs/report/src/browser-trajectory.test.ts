import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  executablePath,
  focusedId,
  launch,
  type Opened,
  openPage,
  seriousViolations,
} from './browser.test-data.ts';
import { bundleClient } from './bundle.ts';
import {
  action,
  answer,
  byteTexts,
  failure,
  manifest,
  question,
  record,
  tokensOf,
} from './records.test-data.ts';
import { renderReport } from './render-report.ts';
import { summarize } from './summarize.ts';

const hostile = '<script>document.title = "broken"</script><img src=x onerror=alert(1)> \u202e 🚢';

const seine = question({
  supporting: [{ title: 'Le Havre', passageId: 'p2' }],
  known: true,
});
const observed = 'result 1: "Seine"\nIt ends at Le Havre.\nresult 2: "Le Havre"\nA port.';
const found = {
  kind: 'observation',
  text: observed,
  passageIds: ['p1', 'p2'],
  failure: null,
} as const;

const searched = (arm: string, thought: string, said: string) =>
  record({
    arm,
    question: seine,
    steps: [{ kind: 'think', text: thought }, action, found, answer(said)],
    metrics: { exactMatch: said === 'Le Havre' ? 1 : 0, tokenF1: said === 'Le Havre' ? 1 : 0.2 },
    tokens: tokensOf([
      ['given', 'Question: Where?\n'],
      ['sampled', `${thought} <begin_search> seine mouth </end_search>`],
      ['observation', `\n<search_result> ${observed} </search_result>\n`],
      ['given', '\\boxed{'],
      ['sampled', `${said}}`],
    ]),
  });

const recalled = record({
  arm: 'Model only',
  question: seine,
  steps: [answer('Rouen')],
  metrics: { exactMatch: 0, tokenF1: 0 },
});

const ofHostile = record({
  arm: hostile,
  question: question({ id: hostile, text: hostile, golds: [hostile], known: false }),
  steps: [{ kind: 'think', text: hostile }, { ...found, text: hostile }, answer(hostile)],
  metrics: { exactMatch: 0, tokenF1: 0 },
  tokens: tokensOf([
    ['given', hostile],
    ['sampled', hostile],
    ['observation', hostile],
    ['sampled', hostile],
  ]),
});

const many = Array.from({ length: 60 }, (_, i) =>
  record({
    arm: 'AutoCoA',
    question: question({ id: `q${i}`, text: `Question ${String(i).padStart(2, '0')}?` }),
    steps: [...Array.from({ length: i % 4 }, () => [action, found]).flat(), answer(`said ${i}`)],
    metrics: { exactMatch: 0, tokenF1: (i % 10) / 10 },
    stop: i % 7 === 0 ? 'horizon' : 'answered',
  }),
);

const records = [
  searched('AutoCoA', 'I look it up.', 'Le Havre'),
  searched('ReAct', 'Let me see.', 'Paris'),
  recalled,
  ofHostile,
  failure('gone', { question: question({ id: 'e', text: 'Error question?' }) }),
  ...many,
];

describe.skipIf(!existsSync(executablePath))('trajectories in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'coa-trajectories-'));
  const address = pathToFileURL(join(folder, 'index.html')).href;
  let browser: Browser;
  let opened: Opened;

  beforeAll(async () => {
    const described = manifest({ arms: { AutoCoA: {}, ReAct: {}, 'Model only': {} } });
    const html = renderReport({
      ...{ manifest: described, summary: summarize(records, described), records },
      ...{ tokenTexts: () => byteTexts, training: [] },
      ...{ client: await bundleClient(), generatedBy: 'test' },
    });
    writeFileSync(join(folder, 'index.html'), [...html].join(''));
    browser = await launch();
    opened = await openPage(browser, address);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  afterEach(() => expect(opened.complaints.splice(0)).toEqual([]));

  /** The page as readers leave it, at another place of it. */
  const at = async (hash: string): Promise<Page> => {
    const { page } = opened;
    await page.setViewportSize({ width: 1440, height: 900 });
    // by way of the whole list: what was shown before cannot be taken for what is asked
    for (const place of ['#trajectories?', hash]) {
      await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
      await page.locator(/^#t=/.test(place) ? '#trajectory-title' : '#list').waitFor();
    }
    return page;
  };

  const partTexts = (page: Page, kind: string): Promise<string[]> =>
    page.locator(`#trajectory .step[data-kind=${kind}] .tokens`).allTextContents();

  test('tokens stand by part, the prompt folded, gold passage and accepted answer marked', async () => {
    const page = await at('#t=0');
    expect(await page.locator('#trajectory .step').count()).toBe(5);
    expect(await partTexts(page, 'think')).toEqual(['I look it up.']);
    expect(await partTexts(page, 'action')).toEqual([' <begin_search> seine mouth </end_search>']);
    expect(await partTexts(page, 'answer')).toEqual(['\\boxed{Le Havre}']);
    expect(await page.locator('.step[data-kind=prompt] .tokens').isVisible()).toBe(false);
    expect(await page.locator('.is-gold .tokens').textContent()).toContain('result 2: "Le Havre"');
    const golds = await page.locator('.step[data-kind=observation] .gold-answer').allTextContents();
    expect(golds.join('')).toBe('Le HavreLe Havre');
  });

  test('what the loss counts is said in words; marks differ in more than colour', async () => {
    const page = await at('#t=0');
    const notes = await page.locator('#trajectory .part-note').allTextContents();
    expect(notes.map((note) => note.trim())).toEqual([
      '17 tokens, not counted',
      '13 tokens, counted by the loss',
      '41 tokens, counted by the loss',
      expect.stringContaining('counted only where observations are learnt'),
      '16 tokens, 9 counted by the loss',
    ]);
    await page.locator('input[value=loss]').check();
    const line = (source: string) =>
      page.evaluate(
        `getComputedStyle(document.querySelector('.tokens .token[data-source=${source}]')).borderBottomStyle`,
      );
    expect(await line('sampled')).toBe('solid');
    expect(await line('observation')).toBe('dashed');
    expect(await page.locator('.legend').textContent()).toContain('given, never counted');
  });

  test('arrow keys move among tokens, and say each one’s log-probability', async () => {
    const page = await at('#t=0');
    await page.locator('.token[tabindex="0"]').focus();
    const tip = () => page.locator('#token-tip').innerText();
    expect(await tip()).toContain('“I”');
    expect(await tip()).toContain('log-probability 0.00 (100 %)');
    await page.keyboard.press('ArrowRight');
    expect(await tip()).toContain('log-probability −0.33 (72 %)');
    expect(await tip()).toContain('Think, counted by the loss');
    await page.keyboard.press('ArrowDown');
    expect(await tip()).toContain('Action');
    expect(await page.locator('.token[tabindex="0"]').count()).toBe(1);
    await page.keyboard.press('Escape');
    expect(await page.locator('#token-tip').isVisible()).toBe(false);
    expect(await page.locator('#trajectory').isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await expect.poll(() => focusedId(page)).toBe('t-0');
  });

  test('pointing at a token says it too', async () => {
    const page = await at('#t=0');
    await page.locator('.step[data-kind=answer] .token').last().hover();
    expect(await page.locator('#token-tip').innerText()).toMatch(/“}”\s+token \d+ of \d+/);
  });

  test('steps stay, one click or one key away, and alone where there are no tokens', async () => {
    const page = await at('#t=0');
    await page.keyboard.press('s');
    expect(await page.locator('.token').count()).toBe(0);
    expect(await page.locator('mark.gold-answer').allTextContents()).toEqual(['Le Havre']);
    await page.locator('button[data-as=tokens]').click();
    expect(await page.locator('.token').count()).toBeGreaterThan(50);
    await at('#t=2');
    await expect.poll(() => page.locator('.switch').count()).toBe(0);
    expect(await page.locator('#trajectory .note').innerText()).toContain('told no token ids');
  });

  test('two of one question stand side by side, turn by turn', async () => {
    const page = await at('#t=0');
    await page.locator('.siblings a', { hasText: 'side by side' }).first().click();
    await page.locator('.beside').waitFor();
    expect(new URL(page.url()).hash).toBe('#t=0&with=1');
    const rows = await page.locator('.turns h3').allTextContents();
    expect(rows).toEqual(['Turn 1 the same action', 'The end another answer']);
    await at('#t=0&with=2');
    await expect
      .poll(() => page.locator('.turns h3').allTextContents())
      .toEqual(['Turn 1 one side only', 'The end another answer']);
    await at('#t=0&with=9999');
    await expect
      .poll(() => page.locator('#trajectory-title').textContent())
      .toContain('no trajectory 9999');
  });

  test('side by side is stacked on a narrow screen', async () => {
    const page = await at('#t=0&with=1');
    await page.locator('.beside').waitFor();
    await page.setViewportSize({ width: 390, height: 800 });
    const [left, right] = await page
      .locator('.turns .cell')
      .evaluateAll((cells) => cells.slice(0, 2).map((cell) => cell.getBoundingClientRect().top));
    expect(right!).toBeGreaterThan(left!);
  });

  test('hostile text is text in tokens, tips and side by side', async () => {
    const page = await at('#t=3');
    expect(await partTexts(page, 'think')).toEqual([expect.stringContaining('<script>')]);
    await page.locator('.token[tabindex="0"]').focus();
    await at('#t=3&with=0');
    await page.locator('.beside').waitFor();
    expect(await page.locator('img, #trajectory script').count()).toBe(0);
    expect(await page.title()).toBe('qa-eval · CoA Lab');
  });

  test('filters by actions, ending and knowledge, and orders', async () => {
    const page = await at('#trajectories?');
    const count = () => page.locator('#count').textContent();
    await page.locator('select[name=actions]').selectOption('3');
    expect(await count()).toContain('15 trajectories found');
    await page.locator('select[name=ended]').selectOption('horizon');
    expect(await count()).toContain('2 trajectories found');
    await at('#trajectories?known=known');
    await expect.poll(count).toContain('3 trajectories found (1 right, 2 wrong)');
    await at('#trajectories?text=SAID+41');
    await expect.poll(count).toContain('1 trajectory found');
    await at('#trajectories?sort=-f1&outcome=wrong&arm=AutoCoA');
    await expect.poll(() => page.locator('#list a').first().textContent()).toBe('Question 09?');
    expect(await page.locator('select[name=sort]').inputValue()).toBe('-f1');
  });

  test('keys: j and k among lines, Enter opens, j goes on, Esc comes back, / searches, ? tells', async () => {
    const page = await at('#trajectories?');
    for (const key of ['j', 'j', 'k']) await page.keyboard.press(key);
    expect(await focusedId(page)).toBe('t-0');
    await page.keyboard.press('ArrowDown');
    expect(await focusedId(page)).toBe('t-1');
    await page.keyboard.press('Enter');
    await page.locator('#trajectory-title').waitFor();
    await page.keyboard.press('j');
    await expect.poll(() => new URL(page.url()).hash).toBe('#t=2');
    await page.locator('#trajectory .note').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => focusedId(page)).toBe('t-2');
    await page.keyboard.press('/');
    await page.keyboard.type('jk?');
    expect(await page.locator('input[name=text]').inputValue()).toBe('jk?');
    await page.keyboard.press('Escape');
    await page.keyboard.press('?');
    expect(await page.locator('dialog').isVisible()).toBe(true);
    await page.locator('dialog input').uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('/');
    expect(await page.evaluate('document.activeElement.name')).not.toBe('text');
  });

  test('axe finds nothing serious in light and dark, and no width scrolls sideways', async () => {
    const { page, context } = await openPage(browser, `${address}#t=0`, { bypassCSP: true });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.evaluate(`location.hash = '#t=0'`);
      for (const mark of ['parts', 'loss', 'logprob']) {
        await page.locator(`input[value=${mark}]`).check();
        await page.locator('.token[tabindex="0"]').focus();
        expect(await seriousViolations(page)).toEqual([]);
      }
      await page.evaluate(`location.hash = '#t=0&with=3'`);
      await page.locator('.beside').waitFor();
      expect(await seriousViolations(page)).toEqual([]);
    }
    for (const hash of ['#t=3', '#t=0&with=3', '#t=0']) {
      await page.evaluate(`location.hash = '${hash}'`);
      for (const width of [1440, 768, 390]) {
        await page.setViewportSize({ width, height: 900 });
        // a picture makes the browser lay out and draw: charts follow a frame later
        await page.screenshot();
        await expect
          .poll(() => page.evaluate('document.documentElement.scrollWidth'), { timeout: 10_000 })
          .toBe(width);
      }
    }
    await context.close();
  }, 240_000);
});
