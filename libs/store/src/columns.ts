import type { ObservationFailure, Step } from '@coa/core';
import { blob, customType, integer, text } from 'drizzle-orm/sqlite-core';
import { decodeText, encodeText } from './lossless-text.ts';

/** Any JavaScript string, exactly. Placeholders hand their nulls to `toDriver` too. */
export const exactText = customType<{ data: string; driverData: string | null }>({
  dataType: () => 'text',
  toDriver: (value: string | null) => (value === null ? null : encodeText(value)),
  fromDriver: (stored) => decodeText(stored as string),
});

const bytes = (name: string) => blob(name, { mode: 'buffer' }).notNull();

/** One step of a trajectory, whichever table it stands in. */
export const stepColumns = () => ({
  position: integer('position').notNull(),
  kind: text('kind').$type<Step['kind']>().notNull(),
  text: exactText('text'),
  tool: exactText('tool'),
  input: exactText('input'),
  passageIds: text('passage_ids'),
  failure: text('failure').$type<ObservationFailure>(),
});

/** The token arrays of a rollout, whichever table they stand in. */
export const tokenColumns = () => ({
  length: integer('length').notNull(),
  encoding: text('encoding').$type<'raw' | 'deflate'>().notNull(),
  ids: bytes('ids'),
  promptMask: bytes('prompt_mask'),
  observationMask: bytes('observation_mask'),
  logprobs: bytes('logprobs'),
});
