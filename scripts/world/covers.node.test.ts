import { expect, test } from 'vitest';
import { COVER_VARIANTS, DRAWN_GENRES, drawnCoverPath } from '../../models/contracts/cover.ts';
import { drawCover, drawCovers } from './covers.ts';

test('a cover is small, well-formed, without text or scripts, and always the same for the same input', () => {
  for (const genre of DRAWN_GENRES)
    for (let seed = 0; seed < COVER_VARIANTS; seed++) {
      const svg = drawCover(genre, seed);
      expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 300 400"[\s\S]*<\/svg>$/);
      expect(svg.length, `${genre} ${seed}`).toBeLessThan(2_560);
      expect(svg).toBe(drawCover(genre, seed));
      expect(svg).not.toMatch(/NaN|undefined|Infinity|<text|<script|\bon\w+=|href="[^#]/);
      const open: string[] = [];
      for (const [, closing, name, selfClosing] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g))
        if (closing) expect(open.pop()).toBe(name);
        else if (!selfClosing) open.push(name!);
      expect(open).toEqual([]);
    }
});

test('covers differ by genre and seed, and every path that a game can have leads to one', () => {
  const covers = drawCovers();
  expect(covers.size).toBe(DRAWN_GENRES.length * COVER_VARIANTS);
  expect(new Set(covers.values()).size).toBe(covers.size);
  for (const genre of [...DRAWN_GENRES, 'Unheard-of', 'action', '', '__proto__', '../../etc', '\ud800', undefined])
    for (const seed of [0, 1, COVER_VARIANTS, 4_294_967_295])
      expect(covers.has(drawnCoverPath(genre, seed)), genre).toBe(true);
});
