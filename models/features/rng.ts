// Seeded random numbers, and the one hash, the one shuffle and the one weighted draw of the repository. Not for
// secrets.

/**
 * FNV-1a over UTF-16 code units: an unsigned 32-bit integer. Similar strings get similar high bits, see `hashUniform`.
 */
export function hashString(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** `hashString` with the finaliser of MurmurHash3, which spreads similar strings: uniform in [0, 2³²). */
export function hashUniform(text: string): number {
  let hash = hashString(text);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Returns numbers uniform in [0, 1), the same for the same name. */
export const createRng = (name: string): (() => number) => createSeededRng(hashString(name));

/** Returns numbers uniform in [0, 1), the same for the same seed: mulberry32 by Tommy Ettinger (public domain). */
export function createSeededRng(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Shuffles in place and returns the array; every order is equally likely (Fisher–Yates). `random`: uniform in [0, 1).
 */
export function shuffle<T>(values: T[], random: () => number): T[] {
  for (let last = values.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [values[last], values[other]] = [values[other]!, values[last]!];
  }
  return values;
}

/**
 * Draws an index in proportion to weights ≥ 0: the last index if all are 0, −1 if there are none. `random`: uniform in
 * [0, 1); one number is taken in every case.
 */
export function drawIndex(weights: ArrayLike<number>, random: () => number): number {
  let total = 0;
  for (let index = 0; index < weights.length; index++) total += weights[index]!;
  let left = random() * total;
  for (let index = 0; index < weights.length; index++) {
    left -= weights[index]!;
    if (left < 0) return index;
  }
  return weights.length - 1;
}
