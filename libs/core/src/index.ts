export { groupBy } from './group-by.ts';
export { type Move, type Protocol, protocolId, type Turn } from './protocol.ts';
export { lastBox } from './protocols/boxed.ts';
export { closedBookProtocol } from './protocols/closed-book.ts';
export { coaProtocol } from './protocols/coa.ts';
export {
  firstExamples,
  type ProtocolOptions,
  type WorkedExample,
  workedExamples,
} from './protocols/examples.ts';
export { type ProtocolName, protocols } from './protocols/index.ts';
export { reactProtocol } from './protocols/react.ts';
export { deriveSeed, hash32, seededRng, shuffled } from './rng.ts';
export type * from './types.ts';
