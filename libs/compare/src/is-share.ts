import { countMetrics } from '@coa/metrics';
import type { Attempt } from './attempts.ts';
import type { Comparison } from './compare.ts';

const within = ({ value }: Attempt): boolean => value === null || (value >= 0 && value <= 1);

/** Whether the metric is a share of what is right, shown in per cent; a count is none, though all of its values be 0 or 1. */
export const isShare = ({ metric, flips }: Pick<Comparison, 'metric' | 'flips'>): boolean =>
  !countMetrics.has(metric) && flips.every(({ a, b }) => within(a) && within(b));
