import type { Prompt, Written } from '@coa/core';
import { Template } from '@huggingface/jinja';

/** ChatML, used where a model or server brings no template of its own. */
export const chatMl =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

export type ChatMessage = {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
};

/** The chat turns of a prompt, the assistant's unfinished turn left out. */
export const promptMessages = ({ system, examples, user }: Prompt): ChatMessage[] => [
  ...(system === '' ? [] : [{ role: 'system', content: system } as const]),
  ...examples.flatMap((example): ChatMessage[] => [
    { role: 'user', content: example.user },
    { role: 'assistant', content: example.assistant },
  ]),
  { role: 'user', content: user },
];

/** A stretch of a rendered prompt: the template's markup, instructions and worked examples; or content from outside. */
export type PromptPiece = Written;

const mark = (index: number): string => `\uE000${index}\uE001`;

/**
 * Renders a prompt through a Jinja chat template and keeps markup and content apart, so that content can be
 * tokenised without special tokens: a question that holds `<|im_start|>` cannot forge a turn.
 */
export const promptPieces = (
  prompt: Prompt,
  template: string,
  tokens: { readonly bos: string; readonly eos: string } = { bos: '', eos: '' },
): PromptPiece[] => {
  const contents = promptMessages(prompt);
  const rendered = new Template(template).render({
    messages: contents.map(({ role }, index) => ({ role, content: mark(index) })),
    add_generation_prompt: true,
    bos_token: tokens.bos,
    eos_token: tokens.eos,
  });
  // the question is the last message; what stands before it the lab wrote itself
  const kindOf = (index: number) => (index === contents.length - 1 ? 'content' : 'markup');
  const pieces = rendered.split(/(\uE000\d+\uE001)/).map((text): PromptPiece => {
    const index = /^\uE000(\d+)\uE001$/.exec(text)?.[1];
    return index === undefined
      ? { kind: 'markup', text }
      : { kind: kindOf(Number(index)), text: contents[Number(index)]?.content ?? '' };
  });
  return [...pieces, { kind: 'markup', text: prompt.assistantPrefix } as const].filter(
    ({ text }) => text !== '',
  );
};

/** The prompt as one string, for servers that take text. */
export const promptText = (prompt: Prompt, template: string = chatMl): string =>
  promptPieces(prompt, template)
    .map(({ text }) => text)
    .join('');
