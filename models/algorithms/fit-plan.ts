// Plans a fit by gradient: how many steps the time allows, so that the learning rate reaches 0 when it ends, and when
// to validate. It measures steps and validations, and runs neither.

import type { TrainingContext } from './algorithm.ts';
import { RunningMean } from './running-mean.ts';

/** Validations in a whole fit, and the share of the time left that they may take. */
const VALIDATIONS_MAX = 12;
const VALIDATION_TIME_SHARE = 0.15;
/** Steps after which their speed is known. */
const CALIBRATION_STEPS = 30;
/** Share of the time kept for steps that take longer than those before. */
const RESERVE_SHARE = 0.05;

interface FitLimits {
  /** Steps that earlier runs made. */
  first: number;
  stepsMax: number;
  /** Estimated time of one validation, in steps, until one was measured. */
  validationSteps: number;
}

export class FitPlan {
  /** Steps made, those of earlier runs included. */
  step: number;
  /** Steps planned; `stepsMax` until their speed is known. */
  steps: number;
  readonly #limits: FitLimits;
  readonly #context: Pick<TrainingContext, 'timeLeft' | 'signal'>;
  readonly #reserveMs: number;
  readonly #stepMs = new RunningMean();
  #validationMs = 0;
  #validations = 0;
  #nextValidation = Number.POSITIVE_INFINITY;
  /** Time left when the last step or validation ended. */
  #lapMs: number;

  constructor(limits: FitLimits, context: Pick<TrainingContext, 'timeLeft' | 'signal'>) {
    this.step = limits.first;
    this.steps = limits.stepsMax;
    this.#limits = limits;
    this.#context = context;
    this.#lapMs = context.timeLeft();
    this.#reserveMs = RESERVE_SHARE * this.#lapMs;
  }

  isOver(): boolean {
    const { signal, timeLeft } = this.#context;
    return this.step >= this.steps || signal.aborted || timeLeft() <= this.#validationMs;
  }

  /** Call after each step. */
  countStep(): void {
    const { first, validationSteps } = this.#limits;
    this.step++;
    const stepMs = this.#measureLap();
    // The first step prepares what the others reuse.
    if (this.step > first + 1) this.#stepMs.add(stepMs);
    if (this.step !== first + CALIBRATION_STEPS) return;
    this.#validationMs = validationSteps * this.#stepMs.value;
    this.replan();
  }

  isValidationDue(): boolean {
    return this.step >= this.#nextValidation || this.isOver();
  }

  /**
   * Only the first validation can be too late: the plan reserves time for later ones, which run even if they end late.
   */
  isTooLateToValidate(): boolean {
    return this.#validations === 0 && this.#context.timeLeft() < this.#validationMs;
  }

  /** Call after each validation. */
  countValidation(): void {
    this.#validationMs = this.#measureLap();
    this.#validations++;
  }

  /** Spreads the steps and validations that the time allows over the rest of the fit. */
  replan(): void {
    const timeLeft = this.#context.timeLeft();
    const affordable = Math.floor((VALIDATION_TIME_SHARE * timeLeft) / this.#validationMs);
    const validationsLeft = Math.max(1, Math.min(VALIDATIONS_MAX - this.#validations, affordable));
    const stepsInTime = Math.floor(
      (timeLeft - this.#reserveMs - validationsLeft * this.#validationMs) / this.#stepMs.value,
    );
    this.steps = Math.min(this.#limits.stepsMax, this.step + Math.max(1, stepsInTime));
    this.#nextValidation = this.step + Math.ceil((this.steps - this.step) / validationsLeft);
  }

  /** Milliseconds since the last call. */
  #measureLap(): number {
    const before = this.#lapMs;
    this.#lapMs = this.#context.timeLeft();
    return before - this.#lapMs;
  }
}
