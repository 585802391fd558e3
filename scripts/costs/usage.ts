// Amounts that Cloudflare bills: those of a phase of the measurement, of one event, of a month. It neither measures nor
// prices them.

export const METERS = [
  /** Invocations of the Worker: requests, batches of a queue, crons. */
  'requests',
  'cpuMs',
  /** Calls of players' objects, and their alarms. */
  'objectRequests',
  /** Time in which players' objects are active. */
  'objectSeconds',
  'objectRowsRead',
  'objectRowsWritten',
  'd1RowsRead',
  'd1RowsWritten',
  /** Writes and lists. */
  'r2ClassA',
  /** Reads. */
  'r2ClassB',
  'queueOperations',
  /** Invocations of the Worker and of objects, and lines that they print. */
  'logEvents',
  'objectBytes',
  'd1Bytes',
  'r2Bytes',
] as const;
export type Meter = (typeof METERS)[number];
export type Usage = Record<Meter, number>;

/** Meters of what stays: they grow with players and events, not with the hours of a month. */
export const STORED_METERS: ReadonlySet<Meter> = new Set(['objectBytes', 'd1Bytes', 'r2Bytes']);

export const makeUsage = (amountOf: (meter: Meter) => number): Usage =>
  Object.fromEntries(METERS.map((meter) => [meter, amountOf(meter)])) as Usage;

export const emptyUsage = (): Usage => makeUsage(() => 0);

export const addUsages = (usages: readonly Usage[]): Usage =>
  makeUsage((meter) => usages.reduce((sum, usage) => sum + usage[meter], 0));

export const subtractUsage = (usage: Usage, less: Usage): Usage => makeUsage((meter) => usage[meter] - less[meter]);

export const scaleUsage = (usage: Usage, factor: number): Usage => makeUsage((meter) => usage[meter] * factor);
