import { normalQuantile } from './normal-quantile.ts';

/**
 * The smallest true mean difference that a paired test of `n` questions would find with probability `power`, two-sided at
 * `alpha`: (z of 1 - alpha/2 + z of power) times the deviation of the differences over sqrt(n). In the differences' unit.
 * `deviation`: of the per-question differences, with n - 1 below. Throws where a number is out of its range.
 */
export const minimumDetectableEffect = ({
  n,
  deviation,
  alpha = 0.05,
  power = 0.8,
}: {
  readonly n: number;
  readonly deviation: number;
  readonly alpha?: number;
  readonly power?: number;
}): number => {
  if (!(n >= 1 && deviation >= 0)) {
    throw new RangeError(`no effect can be found with n = ${n} and deviation ${deviation}`);
  }
  if (!(power > alpha && alpha > 0 && power < 1)) {
    throw new RangeError(`power ${power} must lie between alpha, ${alpha}, and 1`);
  }
  return ((normalQuantile(1 - alpha / 2) + normalQuantile(power)) * deviation) / Math.sqrt(n);
};
