import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** What the tests of this lib's pages do with Chromium. */

export const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--headless',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** A page, with every complaint and every request that is not the file itself. */
export type Opened = {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly complaints: string[];
  readonly requests: string[];
};

/** A page of its own, its list of trajectories shown. */
export const openPage = async (
  browser: Browser,
  address: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Opened> => {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const [complaints, requests]: [string[], string[]] = [[], []];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) requests.push(request.url());
  });
  await page.goto(address);
  await page.waitForFunction('document.getElementById("count").textContent.includes("found")');
  return { page, context, complaints, requests };
};

export type Violation = { readonly id: string; readonly impact: string; readonly nodes: string[] };

/** What axe finds serious; the page must bypass its policy, which lets no foreign script in. */
export const seriousViolations = async (page: Page): Promise<Violation[]> => {
  await page.addScriptTag({ path: axe });
  const violations = (await page.evaluate(
    'axe.run().then((r) => r.violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((n) => n.html).slice(0, 5) })))',
  )) as Violation[];
  return violations.filter(({ impact }) => /serious|critical/.test(impact));
};

/** Tab until the focus is on what `selector` names. */
export const tabTo = async (page: Page, selector: string): Promise<void> => {
  for (let presses = 0; presses < 300; presses++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return;
  }
  throw new Error(`300 tabs did not reach ${selector}`);
};

export const focusedId = (page: Page): Promise<string> =>
  page.evaluate('document.activeElement.id') as Promise<string>;
