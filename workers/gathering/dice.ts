// Dice for exploration, thrown anew for each answer and the same for the same answer: its id is the seed.

/** Uniform in [0, 1), for games of chance and not for secrets: FNV-1a makes the seed, mulberry32 (T. Ettinger) the numbers. */
export function createDice(seed: string): () => number {
  let state = 0x811c9dc5;
  for (let at = 0; at < seed.length; at++) state = Math.imul(state ^ seed.charCodeAt(at), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
