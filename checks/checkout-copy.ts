import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';

const checkout = resolve(import.meta.dirname, '..');

/** What is no part of a clone: what was installed, run or remembered. `dist` goes along, so that types are not checked from scratch. */
const leftBehind = /^(node_modules|\.git|\.nx|\.coa|coverage|reports\/.+)$/;

/** What is installed is shared; the workspace's own packages are the copy's. */
const linkModules = (root: string): void => {
  const [from, to] = [join(checkout, 'node_modules'), join(root, 'node_modules')];
  mkdirSync(to);
  const own = ['@coa', '.bin', '.cache', '.vite', '.vite-temp'];
  for (const entry of readdirSync(from).filter((name) => !own.includes(name))) {
    symlinkSync(join(from, entry), join(to, entry));
  }
  for (const folder of ['@coa', '.bin']) {
    cpSync(join(from, folder), join(to, folder), { recursive: true, verbatimSymlinks: true });
  }
};

const commit = (root: string): void => {
  const git = (...words: readonly string[]) =>
    execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@b', ...words], {
      stdio: 'pipe',
    });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message=clone');
};

/** A throw-away copy of this checkout as a clone of one commit would be after `npm ci`, what is not committed here included. */
export const copyCheckout = (): string => {
  const root = mkdtempSync(join(tmpdir(), 'coa-copy-'));
  cpSync(checkout, root, {
    recursive: true,
    preserveTimestamps: true,
    filter: (file) => !leftBehind.test(relative(checkout, file).split(sep).join('/')),
  });
  if (!existsSync(join(checkout, 'node_modules/@coa'))) throw new Error('run npm ci first');
  linkModules(root);
  commit(root);
  return root;
};
