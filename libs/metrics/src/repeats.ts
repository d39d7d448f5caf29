/** How often a question was asked and how often it was answered rightly. */
export type Repeats = { readonly asked: number; readonly right: number };

const assertRepeats = ({ asked, right }: Repeats, k: number): void => {
  const whole = [asked, right, k].every(Number.isInteger);
  if (!(whole && right >= 0 && right <= asked && k >= 1 && k <= asked)) {
    throw new RangeError(`no ${k} of ${asked} repeats, ${right} of them right`);
  }
};

/** Share of the draws of k from `of` that take none of `of - among`: C(among, k) / C(of, k). */
const allAmong = (among: number, of: number, k: number): number => {
  let share = 1;
  for (let i = 0; i < k; i++) share *= Math.max(0, among - i) / (of - i);
  return share;
};

/** pass@k: that one of k repeats at least is right, without bias: 1 - C(asked - right, k) / C(asked, k) (Chen et al. 2021). */
export const passAtK = (repeats: Repeats, k: number): number => {
  assertRepeats(repeats, k);
  return 1 - allAmong(repeats.asked - repeats.right, repeats.asked, k);
};

/** pass^k: that all of k repeats are right, without bias: C(right, k) / C(asked, k) (tau-bench, Yao et al. 2024). */
export const passHatK = (repeats: Repeats, k: number): number => {
  assertRepeats(repeats, k);
  return allAmong(repeats.right, repeats.asked, k);
};

/** mean@k: the share of right ones; the same for every k, which only narrows its spread. */
export const meanAtK = (repeats: Repeats): number => {
  assertRepeats(repeats, 1);
  return repeats.right / repeats.asked;
};
