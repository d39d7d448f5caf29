import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { copyCheckout } from './checkout-copy.ts';
import {
  type Command,
  changed,
  endedAs,
  type GuideStep,
  guideSteps,
  isLike,
} from './guide-steps.ts';

const folder = resolve(import.meta.dirname, '../docs/guides');
const guides = readdirSync(folder).filter((name) => name !== 'README.md');

/** Search indexes, which guides may share: each builder writes under a name of its own. */
const corpora = mkdtempSync(join(tmpdir(), 'coa-guides-'));
const made = [corpora];
afterAll(() => {
  for (const root of made) rmSync(root, { recursive: true, force: true });
}, 120_000);

const readersCheckout = (): string => {
  const root = copyCheckout();
  made.push(root);
  mkdirSync(join(root, '.coa'));
  symlinkSync(corpora, join(root, '.coa/corpora'));
  return root;
};

/** Of the shell that runs the tests, without what vitest, npm and Nx tell their children. */
const environment = (): NodeJS.ProcessEnv => {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NX_|COA_|NODE_ENV|NODE_OPTIONS|FORCE_COLOR)/.test(name),
  );
  return { ...Object.fromEntries(inherited), NX_DAEMON: 'false', NO_COLOR: '1', CI: 'true' };
};

const run = (command: Command, cwd: string): Promise<string> =>
  new Promise((done, failed) => {
    const options = { cwd, env: environment(), maxBuffer: 64 * 1024 * 1024 };
    execFile('bash', ['-c', command.text], options, (cause, stdout, stderr) => {
      const said = `${stdout}${stderr}`;
      const code = cause === null ? 0 : cause.code;
      if (endedAs(command, code)) done(said);
      else failed(new Error(`'${command.text}' ended with ${code}, not as shown:\n${said}`));
    });
  });

const change = (root: string, file: string, lines: readonly string[]): void => {
  const text = readFileSync(join(root, file), 'utf8');
  try {
    writeFileSync(join(root, file), changed(text, lines));
  } catch (cause) {
    throw new Error(`${file} cannot be changed as the guide says`, { cause });
  }
};

const carryOut = async (step: GuideStep, root: string): Promise<void> => {
  switch (step.kind) {
    case 'write':
      mkdirSync(dirname(join(root, step.file)), { recursive: true });
      writeFileSync(join(root, step.file), step.text);
      return;
    case 'change':
      change(root, step.file, step.lines);
      return;
    case 'run': {
      let said = '';
      for (const command of step.commands) said += `${await run(command, root)}\n`;
      const lines = said.split('\n');
      const missing = step.lines.filter((shown) => !lines.some((line) => isLike(shown, line)));
      if (missing.length > 0) {
        throw new Error(`the guide shows\n${missing.join('\n')}\nbut printed was\n${said}`);
      }
    }
  }
};

test.concurrent.each(guides)('%s works as written', { timeout: 600_000 }, async (name) => {
  const steps = guideSteps(readFileSync(join(folder, name), 'utf8'));
  const root = readersCheckout();
  for (const step of steps) await carryOut(step, root);
});

test('every guide runs something, and the list of guides names it', () => {
  const list = readFileSync(join(folder, 'README.md'), 'utf8');
  for (const name of guides) {
    const steps = guideSteps(readFileSync(join(folder, name), 'utf8'));
    expect(steps.some(({ kind }) => kind === 'run')).toBe(true);
    expect(list).toContain(`(${name})`);
  }
});
