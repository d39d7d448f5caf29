import { indexColumns, pack } from '@coa/report';
import type { TrainingListing } from '@coa/store';
import { packedChunk } from './chunks.ts';
import type { Address, Desk } from './desk.ts';
import type { Reply } from './reply.ts';
import { missing } from './shell.ts';
import { chunkReply, indexReply, sourceAsked } from './source-reply.ts';
import { stepPage, trainingPage } from './training-pages.ts';
import { newestRollouts, rolloutView } from './training-state.ts';

const model = { name: 'this training', fingerprint: '' };

const sourceReply = async (
  desk: Desk,
  { training, step }: { readonly training: TrainingListing; readonly step: number },
  { path, query }: Address,
): Promise<Reply | null> => {
  const asked = sourceAsked(path, query);
  if (asked === null) return null;
  const { store, openTokenTexts } = desk;
  const { key, recipe } = training;
  if (asked.kind === 'index') {
    const columns = indexColumns();
    for (const rollout of store.readTrainingRollouts(key, { step, tokens: false }))
      columns.add(rolloutView(rollout, 'Its tokens were not read.'));
    return indexReply('', pack(columns.index()));
  }
  const texts = (await openTokenTexts({ arms: { training: { recipe } }, model }))('training');
  const rollouts = [...store.readTrainingRollouts(key, { step })];
  return chunkReply(
    packedChunk(
      rollouts.map((one) => rolloutView(one, texts)),
      asked.number,
    ),
  );
};

const stepReply = async (
  desk: Desk,
  training: TrainingListing,
  { path: [number = '', what, ...rest], query }: Address,
): Promise<Reply | null> => {
  if (!/^[1-9]\d{0,8}$/.test(number)) return null;
  const step = Number(number);
  if (what === 'source') return sourceReply(desk, { training, step }, { path: rest, query });
  if (what !== undefined) return null;
  const rollouts = [...desk.store.readTrainingRollouts(training.key, { step, tokens: false })];
  return stepPage({ base: desk.base, training, step, rollouts });
};

/** `training/KEY`, and the rollouts of its steps. */
export const trainingAnswer = async (
  desk: Desk,
  { path: [key, what, ...rest], query }: Address,
): Promise<Reply | null> => {
  const { store, base } = desk;
  const training = store.listTrainings().find((one) => one.key === key);
  if (!training) return missing(base, 'There is no such training.');
  if (what === 'step') return stepReply(desk, training, { path: rest, query });
  if (what !== undefined) return null;
  const steps = store.readTrainingSteps(training.key);
  return trainingPage({ base, training, steps, newest: newestRollouts(store, training.key) });
};
