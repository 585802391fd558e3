// The genres that the page offers to pick or mute: those of its games.

import type { Gallery } from '../../models/contracts/gallery.ts';

/** Most frequent first. */
export function listGenres(gallery: Gallery | null): string[] {
  const counts = new Map<string, number>();
  for (const { items } of gallery?.rows ?? [])
    for (const { item } of items)
      for (const genre of item?.genres ?? []) counts.set(genre, (counts.get(genre) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([genre]) => genre);
}
