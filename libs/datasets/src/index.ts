export type { Receipt } from './at-hand.ts';
export {
  corpusOf,
  type DatasetManifest,
  evaluationIds,
  readCatalogue,
  unknownName,
} from './catalogue.ts';
export { type FetchOptions, fetchDatasets } from './fetch-datasets.ts';
export { type ImportOptions, importDatasets, importFile } from './import-datasets.ts';
export { assertTrainable, normalisedText } from './leak-guard.ts';
export {
  type ListedSplit,
  listDatasets,
  type VerifiedSplit,
  verifyDatasets,
} from './list-datasets.ts';
export {
  corpusSource,
  isAtHand,
  isCorpusAtHand,
  loadEvaluationQuestions,
  loadPassages,
  loadQuestions,
  questionSetNames,
} from './load.ts';
export type { DatasetPlaces } from './places.ts';
export { primerSets } from './primer.ts';
export type { RowDefaults } from './question-layout.ts';
export { longestPassage, type PassageProblems, readPassages } from './read-passages.ts';
export { readQuestions } from './read-questions.ts';
export { datasetHash, sampleQuestions } from './sample.ts';
