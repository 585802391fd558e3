// Hours since the epoch, UTC.

export const HOUR_MS = 3_600_000;

/** The hour of a time (epoch milliseconds). */
export const hourOf = (timestamp: number): number => Math.floor(timestamp / HOUR_MS);
