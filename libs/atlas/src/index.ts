export { atlasRealms, atlasSeed, buildWorld, surroundings } from './build-world.ts';
export {
  closedBookDocument,
  factsDocuments,
  knownDocuments,
  type PretrainingDocument,
  passageDocument,
  reactDocument,
  reactInstructions,
  readingDocument,
  recallDocument,
  type Search,
} from './documents.ts';
export {
  atlasQuestions,
  atlasSetNames,
  atlasTraining,
  atlasVersion,
  openAtlas,
  workedExample,
} from './open-atlas.ts';
export { type PlannedTurn, pickLead, plannedTurn, recalledThought } from './planner.ts';
export { type PlannerOptions, plannerPolicy } from './planner-policy.ts';
export {
  type PretrainingMixture,
  pretrainingDocuments,
  pretrainingMixtures,
  type Shelf,
} from './pretraining.ts';
export { atlasSets } from './question-sets.ts';
export {
  type AtlasQuestion,
  answerOf,
  drawQuestions,
  evidenceOf,
  isHeldOut,
  type Plan,
  type SetSpec,
} from './questions.ts';
export { atlasSpec } from './spec/index.ts';
export type { LiteralSpec, RelationSpec, TypeSpec, WorldSpec } from './spec/spec.ts';
export {
  type Entity,
  type Fact,
  mention,
  type RealmPlan,
  type Statement,
  type World,
} from './world.ts';
export { type Surroundings, titleOf, writePassages } from './write-passages.ts';
