import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { runTokenTexts } from '@coa/runner';
import { openStore } from '@coa/store';
import { serveStore } from '@coa/view';
import { Command, InvalidArgumentError } from 'commander';
import { home, root, storeFile } from '../paths.ts';

type Choice = { readonly store?: string; readonly port: number; readonly open?: boolean };

const portOf = (text: string): number => {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new InvalidArgumentError('give a port from 0 (any that is free) to 65535');
  }
  return port;
};

const openers: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Shows an address in the browser of this machine; where that is not possible, the address is on the screen anyway. */
const openInBrowser = (url: string): void => {
  const [program, ...words] = openers[process.platform] ?? ['xdg-open'];
  const child = spawn(program!, [...words, url], { stdio: 'ignore', detached: true });
  child.on('error', () =>
    console.error(`no browser could be opened (${program}): open it yourself`),
  );
  child.unref();
};

/** Resolves at the first signal to end. */
const ended = (): Promise<unknown> =>
  Promise.race(['SIGINT', 'SIGTERM'].map((signal) => once(process, signal)));

const view = async ({ port, open, ...choice }: Choice): Promise<void> => {
  const store = openStore(storeFile(choice), { readonly: true });
  try {
    const { url, close } = await serveStore({
      store,
      port,
      tokenTexts: (from) => runTokenTexts(from, { home: home(), root }),
      clock: Date.now,
    });
    console.log(`${url}\n\n${store.file}, read only; for this machine alone. Ctrl-C ends it.`);
    if (open) openInBrowser(url);
    await ended();
    await close();
  } finally {
    store.close();
  }
};

/** `coa view`: the run store in a browser. */
export const viewCommand = (): Command =>
  new Command('view')
    .description('Look into the run store in a browser: runs as they go, trainings, comparisons')
    .option('--port <n>', 'port on 127.0.0.1 (0: any that is free)', portOf, 0)
    .option('--store <file>', 'run store (default: runs.db in COA_HOME)')
    .option('--open', 'open it in the browser')
    .addHelpText('after', '\nExample:\n  coa view --open')
    .action(view);
