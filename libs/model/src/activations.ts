import { fusedBackend, type MemoryUse } from '@coa/compute';
import { type ModelConfig, qkvWidth } from './config.ts';

const bytesPerNumber = 4;

/** About how many bytes the layers keep of so many tokens for the backward pass, where none is computed again. */
export const activationBytes = (config: ModelConfig, tokens: number): number => {
  const { layers, width, ffn } = config;
  return bytesPerNumber * tokens * layers * (7 * width + qkvWidth(config) + 3 * ffn);
};

type Memory = Pick<MemoryUse, 'used' | 'limit'>;

/**
 * Whether layers had better be computed again in the backward pass over so many tokens: kept, their activations would take
 * more than half of the memory that is left. Changes no bit of loss or gradients.
 * @param memory default: the backend's; null where it does not say
 */
export const needsCheckpoints = (
  config: ModelConfig,
  tokens: number,
  memory: Memory | null = fusedBackend()?.memoryUse() ?? null,
): boolean => memory !== null && activationBytes(config, tokens) > (memory.limit - memory.used) / 2;
