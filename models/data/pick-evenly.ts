// Picks some elements of a list at equal distances.

/** `count` elements, the first and the last among them; all if there are fewer. */
export function pickEvenly<T>(list: readonly T[], count: number): T[] {
  if (list.length <= count) return [...list];
  const stride = (list.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, step) => list[Math.round(step * stride)]!);
}
