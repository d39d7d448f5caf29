import type { Protocol } from '../protocol.ts';
import { closedBookProtocol } from './closed-book.ts';
import { coaProtocol } from './coa.ts';
import type { ProtocolOptions } from './examples.ts';
import { reactProtocol } from './react.ts';

/** Protocols as data: name -> factory over worked examples and instructions. */
export const protocols = {
  coa: coaProtocol,
  react: reactProtocol,
  closedBook: closedBookProtocol,
} satisfies Record<string, (options: ProtocolOptions) => Protocol>;

export type ProtocolName = keyof typeof protocols;
