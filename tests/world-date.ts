// The day that the made-up world of tests is made for. WORLD_DATE=YYYY-MM-DD runs the suite on another one.

export const WORLD_DATE = process.env.WORLD_DATE ?? '2026-05-20';
/** Epoch milliseconds. */
export const WORLD_NOW = Date.parse(`${WORLD_DATE}T12:00:00Z`);
