// A running mean that follows its values: the plain mean of the first fifty, an exponential one from then on.

/** Minimum weight of a new value. */
const WEIGHT_MIN = 0.02;

export class RunningMean {
  /** 0 before the first value. */
  value = 0;
  #count = 0;

  add(value: number): void {
    this.#count++;
    this.value += Math.max(WEIGHT_MIN, 1 / this.#count) * (value - this.value);
  }
}
