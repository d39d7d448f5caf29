export {
  type FidelityPair,
  mentions,
  namedGolds,
  nextHop,
  type PairFidelity,
  type Presence,
  pairFidelity,
  wordF1,
} from './fidelity.ts';
export { passageMask } from './passage-mask.ts';
export {
  noiseAt,
  type SeparateOptions,
  type SimulatorRequest,
  separateSimulator,
  simulatorExample,
  simulatorPrompt,
} from './separate-simulator.ts';
export {
  observationMarks,
  type SimulatedOptions,
  simulatedEnvironment,
} from './simulated-environment.ts';
export type { SimulationLimits } from './simulation.ts';
export { type TwinCall, twinEnvironment } from './twin-environment.ts';
