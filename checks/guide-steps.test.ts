import { expect, test } from 'vitest';
import { changed, endedAs, guideSteps, isLike } from './guide-steps.ts';

const guide = `# A guide
Write it:
\`\`\`ts file=a/b.ts
const one = 1;
\`\`\`
Change it:
\`\`\`diff file=a/b.ts
 const zero = 0;
-const one = 1;
+const one = 2;
\`\`\`
\`\`\`sh
npx coa run x
npx coa gate y  # exit 2
npx tsc  # fails
\`\`\`
\`\`\`text
done  …
\`\`\`
`;

test('a guide is files, changes and commands with what they print', () => {
  expect(guideSteps(guide)).toEqual([
    { kind: 'write', file: 'a/b.ts', text: 'const one = 1;\n' },
    {
      kind: 'change',
      file: 'a/b.ts',
      lines: [' const zero = 0;', '-const one = 1;', '+const one = 2;'],
    },
    {
      kind: 'run',
      commands: [
        { text: 'npx coa run x', exit: 0 },
        { text: 'npx coa gate y', exit: 2 },
        { text: 'npx tsc', exit: 'fails' },
      ],
      lines: ['done  …'],
    },
  ]);
});

test('a change keeps, takes and adds lines where they stand, once', () => {
  const text = 'a (1)\nb\nc\n';
  expect(changed(text, [' a …', '-b', '+B'])).toBe('a (1)\nB\nc\n');
  expect(changed(text, ['+z', ' c'])).toBe('a (1)\nb\nz\nc\n');
  expect(() => changed(text, [' d'])).toThrow('stands there 0 times');
  expect(() => changed('a\na\n', [' a'])).toThrow('stands there 2 times');
  // a line is meant whole, and from its beginning
  expect(() => changed(text, [' a'])).toThrow('0 times');
});

test('a command ends with the code that is shown, or fails with any', () => {
  const command = (exit: number | 'fails') => ({ text: 'x', exit });
  expect([0, 2].map((code) => endedAs(command(2), code))).toEqual([false, true]);
  expect([0, 1, 130].map((code) => endedAs(command('fails'), code))).toEqual([false, true, true]);
  // killed, or never begun
  expect(endedAs(command('fails'), null)).toBe(false);
});

test('a block that cannot be tried is refused', () => {
  expect(() => guideSteps('```ts\nconst x = 1;\n```\n')).toThrow("a block of 'ts' is neither");
});

test('… stands for anything, spaces for spaces, the rest for itself', () => {
  expect(isLike('a … c (1.5)', '  a  b  c   (1.5)')).toBe(true);
  expect(isLike('a … c', 'a b d')).toBe(false);
  expect(isLike('…/index.html', '/tmp/x/index.html')).toBe(true);
  expect(isLike('a.c', 'abc')).toBe(false);
});
