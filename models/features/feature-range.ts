// The range of a feature, and its values as codes of a byte, as slates log them. Serving ranks by values that have a
// code, so a model is trained on exactly the numbers that it is served: nothing is rounded on the way into the log.

/** An even number, so that the middle of a range has a code, as its ends have. */
const STEPS = 254;

export class FeatureRange {
  readonly min: number;
  readonly max: number;
  readonly #stepsPerUnit: number;
  readonly #codeOfZero: number;
  /** By code. */
  readonly #values: Float32Array;

  /** The range contains 0. */
  constructor(min: number, max: number) {
    this.min = min;
    this.max = max;
    this.#stepsPerUnit = STEPS / (max - min);
    this.#codeOfZero = Math.round(-min * this.#stepsPerUnit);
    this.#values = Float32Array.from({ length: STEPS + 1 }, (_, code) => min + (code * (max - min)) / STEPS);
  }

  /** Returns the nearest value that has a code, as a float32; 0 for NaN. */
  round(value: number): number {
    return this.#values[this.toCode(value)]!;
  }

  /** Returns the code of the nearest value, an integer below 256; that of 0 for NaN. */
  toCode(value: number): number {
    const code = (value - this.min) * this.#stepsPerUnit + 0.5;
    // Truncated, since it is positive; `|` is much faster than Math.floor here, and this runs for each candidate.
    if (code >= 0) return code < STEPS ? code | 0 : STEPS;
    return code < 0 ? 0 : this.#codeOfZero;
  }

  /** Returns a float32. */
  fromCode(code: number): number {
    return this.#values[code] ?? Number.NaN;
  }
}
