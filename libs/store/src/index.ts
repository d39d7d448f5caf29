export {
  type CheckResult,
  checkStore,
  recountStore,
  type StoreCheck,
} from './check-store.ts';
export { describeChanges, describeMachine, describeRevision } from './describe.ts';
export { type ExportFormat, type ExportOptions, exportFormats, exportRun } from './export-run.ts';
export { mergeStore } from './merge-store.ts';
export type { Merged } from './merged.ts';
export type { RecordFilter } from './read-records.ts';
export type {
  TrainingRollout,
  TrainingRolloutFilter,
  TrainingStep,
  TrainingStepFilter,
} from './read-training.ts';
export { type RecordKey, recordKey } from './record-key.ts';
export type { Rescored } from './rescore.ts';
export type { LabelChange } from './run-labels.ts';
export type { ArmListing, CellSummary, RunFilter, RunListing } from './run-listing.ts';
export { openStore, type Store, type StoreOptions } from './store.ts';
export type { TokenEncoding } from './token-blobs.ts';
export type { RunTraining, Training, TrainingListing } from './training-rows.ts';
export { type Upgraded, upgradeStore } from './upgrade-store.ts';
export { type Vacuumed, vacuumStore } from './vacuum-store.ts';
export type { NewTrainingRollout, NewTrainingStep, Numbers } from './write-training-step.ts';
