import { z } from 'zod';
import { literalPattern } from './literal-pattern.ts';

/** GPT-2's pattern: contractions, words, numbers and other runs, each with the space before it. */
export const gpt2Pattern =
  "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const byteLevel = z.object({
  type: z.literal('ByteLevel'),
  add_prefix_space: z.literal(false, 'a prefix space would not survive decoding'),
  use_regex: z.boolean().default(true),
});

/** Removed with `invert` keeps the matches, which differs from Isolated only in that gaps would be lost. */
const split = z.object({
  type: z.literal('Split'),
  pattern: z.union([z.object({ Regex: z.string() }), z.object({ String: z.string() })]),
  behavior: z.enum(['Isolated', 'Removed']),
  invert: z.boolean().default(false),
});

const digits = z.object({ type: z.literal('Digits'), individual_digits: z.boolean() });

const single = z.discriminatedUnion('type', [byteLevel, split, digits]);
const sequence = z.object({ type: z.literal('Sequence'), pretokenizers: z.array(single) });
const preTokenizer = z.discriminatedUnion('type', [byteLevel, split, digits, sequence]);

const patternsOf = (each: z.output<typeof single>): string[] => {
  switch (each.type) {
    case 'ByteLevel':
      return each.use_regex ? [gpt2Pattern] : [];
    case 'Digits':
      return [each.individual_digits ? '\\p{N}' : '\\p{N}+'];
    case 'Split':
      if ((each.behavior === 'Removed') !== each.invert) {
        throw new Error(
          `tokenizer.json: a Split with behavior ${each.behavior} and invert ${each.invert} is not supported; Isolated, or Removed with invert, is`,
        );
      }
      return ['Regex' in each.pattern ? each.pattern.Regex : literalPattern(each.pattern.String)];
  }
};

/**
 * The regular expressions by which a tokenizer.json's pre-tokenizer cuts text, in order. Written out because the
 * library's own Digits and ByteLevel use JavaScript's \d and \s, which differ from Unicode's and from the original's.
 */
export const splitPatterns = (config: unknown): string[] => {
  const result = preTokenizer.safeParse(config);
  if (!result.success) {
    throw new Error(
      `tokenizer.json: its pre_tokenizer is not supported:\n${z.prettifyError(result.error)}`,
    );
  }
  const parts = result.data.type === 'Sequence' ? result.data.pretokenizers : [result.data];
  if (parts.findIndex(({ type }) => type === 'ByteLevel') !== parts.length - 1) {
    throw new Error('tokenizer.json: its pre_tokenizer must end with ByteLevel, and hold no other');
  }
  return parts.flatMap(patternsOf);
};
