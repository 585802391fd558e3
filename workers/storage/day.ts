// UTC days and ranges of times, as the files of a snapshot name them.

/** The UTC day of a time (epoch milliseconds), as YYYY-MM-DD. */
export const toDay = (at: number): string => new Date(at).toISOString().slice(0, 10);

export function findRange(values: readonly number[]): [least: number, greatest: number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return [least, greatest];
}
