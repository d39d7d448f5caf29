import type { GenerateRequest, Generation, Policy } from '@coa/core';

/** A policy that writes by rule and whose token ids are characters; keeps what it was asked. */
export const continuingPolicy = (
  write: (request: GenerateRequest) => string,
): Policy & { readonly asked: GenerateRequest[] } => {
  const asked: GenerateRequest[] = [];
  const encode = (text: string) => Int32Array.from(text, (character) => character.codePointAt(0)!);
  const generation = (request: GenerateRequest): Generation => {
    asked.push(request);
    const text = write(request);
    const { stop, maxTokens } = request.options;
    const ends = stop
      .map((mark) => text.indexOf(mark) + mark.length)
      .filter((end, i) => end >= stop[i]!.length);
    const end = Math.min(...ends, Number.POSITIVE_INFINITY);
    const finish = end <= maxTokens ? 'stop' : text.length > maxTokens ? 'length' : 'end';
    const written = text.slice(0, Math.min(end, maxTokens));
    const usage = { promptTokens: 0, completionTokens: written.length };
    return { text: written, ids: encode(written), logprobs: null, finish, usage };
  };
  return {
    asked,
    name: 'continuing',
    fingerprint: 'continuing',
    contextLimit: 10_000,
    concurrency: 4,
    promptIds: ({ user }) => encode(user),
    encode,
    decode: (ids) => String.fromCodePoint(...ids),
    countTokens: (text) => text.length,
    generate: async (requests) => requests.map(generation),
    close: async () => undefined,
  };
};
