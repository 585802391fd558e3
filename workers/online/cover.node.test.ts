import { expect, test } from 'vitest';
import { drawCover } from './cover.ts';
import { MOTIFS } from './cover-motifs.ts';

test('a cover is small, well-formed, without text or scripts, and always the same for the same input', () => {
  for (const genre of [...MOTIFS.keys(), 'Unheard-of'])
    for (let seed = 0; seed < 3_000; seed += 47) {
      const svg = drawCover(genre, seed);
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

test('covers differ by genre and seed, and nothing of the input is written into them', () => {
  const covers = [...MOTIFS.keys()].flatMap((genre) => [0, 1, 2, 3, 4].map((seed) => drawCover(genre, seed)));
  expect(new Set(covers).size).toBe(covers.length);
  expect(drawCover('Jazz', 1)).not.toBe(drawCover('Chess', 1));
  const attack = '"/><script>alert(1)</script>';
  for (const genre of [attack, '', '__proto__', 'x'.repeat(10_000), '\ud800'])
    for (const seed of [0, -1, 1e300, Number.NaN, 4_294_967_295]) {
      const svg = drawCover(genre, seed);
      expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 300 400"[\s\S]*<\/svg>$/);
      expect(svg).not.toContain('alert');
      expect(svg).not.toMatch(/NaN|undefined/);
    }
});
