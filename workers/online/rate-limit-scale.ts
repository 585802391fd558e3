// The scale of the binding RATE_LIMITS: every rate is a share of it.

/** The limit and the period of the binding in wrangler.toml. */
export const CAPACITY = 60_000_000;
export const WINDOW_SECONDS = 60;

/** Amount that one request adds to a counter, so that `perMinute` requests reach its limit. */
export const computeDelta = (perMinute: number): number => Math.ceil(CAPACITY / perMinute);
