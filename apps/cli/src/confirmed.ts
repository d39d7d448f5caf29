import { createInterface } from 'node:readline/promises';

/** What a question is asked through. */
export type Terminal = {
  readonly input: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output: NodeJS.WritableStream;
};

/** Asks; only `y` or `yes` is a yes, an input that ends is none. */
export const confirmed = async (
  question: string,
  { input, output }: Terminal,
): Promise<boolean> => {
  const lines = createInterface({ input, output });
  try {
    const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    const answer = await Promise.race([lines.question(`${question} [y/N] `), ended]);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
};
