import { type Protocol, protocols } from '@coa/core';

/** `special`: a control token, left out of decoded text; otherwise a tag that decodes to its content. */
export type SpecialToken = { readonly content: string; readonly special: boolean };

/** Marks of a model trained here, spelled as ChatML has them where it has them. */
export const turnTokens = {
  padding: '<|pad|>',
  begin: '<|endoftext|>',
  startOfTurn: '<|im_start|>',
  endOfTurn: '<|im_end|>',
} as const;

const tag = /<\/?[a-z_]+>/g;

/** Everything that a protocol itself writes, on a question and an observation without words. */
const writings = (protocol: Protocol): string => {
  const { system, examples, user, assistantPrefix } = protocol.prompt('');
  const nothing = { text: '', passageIds: [], failure: null };
  const observation = protocol.renderObservation(nothing, '').map(({ text }) => text);
  return [
    system,
    ...examples.flatMap((example) => [example.user, example.assistant]),
    user,
    assistantPrefix,
    ...protocol.stop,
    ...observation,
    protocol.forceAnswer('', ''),
  ].join('\n');
};

/** The tags of the lab's protocols, such as `<think>` and `</end_search>`, in the order in which they first occur. */
export const protocolTags = (): string[] => {
  const texts = Object.values(protocols).map((make) => writings(make({ examples: 1 })));
  return [...new Set(texts.join('\n').match(tag))];
};

/** What a tokenizer for the lab's own models holds beside text: control tokens, then protocol tags. */
export const labTokens = (): SpecialToken[] => [
  ...Object.values(turnTokens).map((content) => ({ content, special: true })),
  ...protocolTags().map((content) => ({ content, special: false })),
];
