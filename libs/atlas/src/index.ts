export { atlasRealms, atlasSeed, buildWorld } from './build-world.ts';
export type { PretrainingDocument, Search } from './documents.ts';
export {
  atlasQuestions,
  atlasSetNames,
  atlasTraining,
  atlasVersion,
  openAtlas,
  workedExample,
} from './open-atlas.ts';
export { plannedTurn } from './planner.ts';
export { type PlannerOptions, plannerPolicy } from './planner-policy.ts';
export {
  type PretrainingMixture,
  pretrainingDocuments,
  pretrainingMixtures,
  type Shelf,
} from './pretraining.ts';
export { atlasSets } from './question-sets.ts';
export { type AtlasQuestion, drawQuestions, type Plan, type SetSpec } from './questions.ts';
export { atlasSpec } from './spec/index.ts';
export type { WorldSpec } from './spec/spec.ts';
export type { Entity, Fact, RealmPlan, World } from './world.ts';
