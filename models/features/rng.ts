// Numbers that are the same for the same name: a hash, and dice whose seed it is. For games of chance and not for secrets.

/** FNV-1a over UTF-16 units, 32 bits: one number for a name. */
export function hashString(name: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** Dice by name. */
export const createRng = (name: string): (() => number) => createSeededRng(hashString(name));

/** Uniform in [0, 1), the same stream for the same seed: mulberry32 by Tommy Ettinger (public domain). */
export function createSeededRng(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
