// The upper tail of the χ² distribution: the regularised incomplete gamma function by its series and its continued
// fraction (Press et al., "Numerical Recipes", section 6.2).

const TOLERANCE = 1e-12;
const STEPS_MAX = 500;
/** Coefficients of Lanczos' approximation, g = 5. */
const LANCZOS = [
  76.18009172947146, -86.50532032941678, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2,
  -0.5395239384953e-5,
];

/** P(X ≥ value) for X of the χ² distribution with `freedom` ≥ 1 degrees of freedom. */
export function computeChiSquareTail(value: number, freedom: number): number {
  if (value <= 0) return 1;
  const [shape, x] = [freedom / 2, value / 2];
  const scale = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  return x < shape + 1 ? 1 - scale * sumSeries(shape, x) : scale * evaluateFraction(shape, x);
}

function sumSeries(shape: number, x: number): number {
  let term = 1 / shape;
  let sum = term;
  for (let step = 1; step < STEPS_MAX && term > sum * TOLERANCE; step++) {
    term *= x / (shape + step);
    sum += term;
  }
  return sum;
}

/** Lentz's method. */
function evaluateFraction(shape: number, x: number): number {
  let b = x + 1 - shape;
  let c = Number.MAX_VALUE;
  let d = 1 / b;
  let value = d;
  for (let step = 1; step < STEPS_MAX; step++) {
    const a = -step * (step - shape);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    value *= d * c;
    if (Math.abs(d * c - 1) < TOLERANCE) break;
  }
  return value;
}

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  const shifted = x + 5.5;
  const sum = LANCZOS.reduce((total, coefficient, n) => total + coefficient / (x + 1 + n), 1.000000000190015);
  return (x + 0.5) * Math.log(shifted) - shifted + Math.log((Math.sqrt(2 * Math.PI) * sum) / x);
}
