// Confidence sequences: intervals that hold at all times together, so a report may be read at any time.
// Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, "Time-uniform central limit theory and asymptotic confidence
// sequences" (Annals of Statistics 2024): theorem 2.2 and its one-sided form.

/** The probability that an interval is ever wrong. */
export const ALPHA = 0.05;
/** With fewer users on a side, no interval is given: sums over so few are far from normal. */
export const USERS_MIN = 30;

/**
 * The half-width of a two-sided interval in standard errors, once the clock has come to `time`.
 * `intendedTime`: the time at which the interval is to be as short as possible.
 */
export function computeWidth(time: number, intendedTime: number, alpha: number): number {
  const scaled = (time / intendedTime) * chooseScale(alpha);
  return Math.sqrt((1 + 1 / scaled) * Math.log((scaled + 1) / alpha ** 2));
}

/**
 * p-value of an estimate `deviation` standard errors from the null hypothesis, two-sided: it may be read at any time.
 * The interval of the same ALPHA excludes the null hypothesis if and only if it is below ALPHA.
 */
export function computePValue(deviation: number, time: number, intendedTime: number): number {
  const scaled = (time / intendedTime) * chooseScale(ALPHA);
  return Math.min(1, Math.sqrt(scaled + 1) * Math.exp((-(deviation ** 2) * scaled) / (2 * (scaled + 1))));
}

/** Distance of the only bound of a one-sided interval from the estimate, in standard errors. */
export function computeOneSidedWidth(time: number, intendedTime: number, alpha: number): number {
  const scaled = (time / intendedTime) * chooseScale(2 * alpha);
  return Math.sqrt(2 * (1 + 1 / scaled) * Math.log(1 + Math.sqrt(scaled + 1) / (2 * alpha)));
}

/** ρ² times the intended time: it makes the interval almost the shortest possible there (the paper's section C.3). */
function chooseScale(alpha: number): number {
  const log = -2 * Math.log(alpha);
  return log + Math.log(log + 1);
}

/** The clock of a comparison of two groups: half the harmonic mean of their sizes, with which its information grows. */
export const compareClocks = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : 1 / (1 / a + 1 / b));
