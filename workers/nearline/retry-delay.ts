// The delay after which a queue delivers a failed message again.

const DELAY_MAX_SECONDS = 300;

/** Doubles with each attempt, up to `max`. */
export const retryDelaySeconds = (attempts: number, max = DELAY_MAX_SECONDS): number => Math.min(2 ** attempts, max);
