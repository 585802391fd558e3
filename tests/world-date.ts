// The date of the made-up world in tests. WORLD_DATE=YYYY-MM-DD runs the suite on another date.

export const WORLD_DATE = process.env.WORLD_DATE ?? '2026-05-20';
/** Epoch milliseconds. */
export const WORLD_NOW = Date.parse(`${WORLD_DATE}T12:00:00Z`);
