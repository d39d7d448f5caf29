/** Learning rate over a run. */
export type Schedule = {
  readonly kind: 'constant' | 'cosine';
  readonly peak: number;
  /** Steps over which the rate rises linearly from 0. */
  readonly warmup: number;
  /** cosine: where the rate reaches its end. */
  readonly steps: number;
  /** cosine: the last rate, as a part of the peak. */
  readonly floor: number;
};

/** Learning rate of an update; `step` counts from 1. */
export const learningRateAt = (
  { kind, peak, warmup, steps, floor }: Schedule,
  step: number,
): number => {
  if (step <= warmup) return (peak * step) / warmup;
  switch (kind) {
    case 'constant':
      return peak;
    case 'cosine': {
      const part = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
      return peak * (floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * part)));
    }
  }
};
