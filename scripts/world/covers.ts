// Draws the covers of games without their own picture: abstract SVGs with a palette and a motif per genre. Writes no
// file; scripts/build.ts does.

import { COVER_VARIANTS, DRAWN_GENRES, type DrawnGenre, drawnCoverPath } from '../../models/contracts/cover.ts';
import { createSeededRng, hashString } from '../../models/features/rng.ts';
import { type Brush, MOTIFS } from './cover-motifs.ts';

const HUE_SPREAD = 24;

/** Every cover by its path. */
export const drawCovers = (): Map<string, string> =>
  new Map(
    DRAWN_GENRES.flatMap((genre) =>
      Array.from(
        { length: COVER_VARIANTS },
        (_, seed) => [drawnCoverPath(genre, seed), drawCover(genre, seed)] as const,
      ),
    ),
  );

/** A portrait of 300 × 400, without text or scripts, below 2.5 kB: always the same for the same genre and seed. */
export function drawCover(genre: DrawnGenre, seed: number): string {
  const { hue: baseHue, accentHue, hueSpread = HUE_SPREAD, draw } = MOTIFS[genre];
  const next = createSeededRng(hashString(genre) ^ Math.imul(seed, 0x9e3779b1));
  const between = (low: number, high: number) => Math.floor(low + next() * (high - low + 1));
  const turn = between(-hueSpread, hueSpread);
  const colour = (hue: number, saturation: number) => (lightness: number) =>
    `hsl(${(hue + turn + 360) % 360} ${saturation}% ${Math.round(lightness)}%)`;
  const main = colour(baseHue, between(50, 76));
  const brush: Brush = { between, main, accent: colour(accentHue, 88) };
  // Day, dusk or night.
  const light = between(0, 2) * 10;
  const stop = (offset: number, of: string, opacity = 1) =>
    `<stop offset="${offset}" stop-color="${of}"${opacity < 1 ? ` stop-opacity="${opacity}"` : ''}/>`;
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 400" width="300" height="400"><defs>' +
    `<linearGradient id="s" x2="0" y2="1">${stop(0, main(14 + light))}${stop(1, main(44 + light))}</linearGradient>` +
    `<linearGradient id="v" x2="0" y2="1">${stop(0.55, '#000', 0)}${stop(1, '#000', 0.5)}</linearGradient></defs>` +
    `<path d="M0 0H300V400H0z" fill="url(#s)"/>${draw(brush)}<path d="M0 0H300V400H0z" fill="url(#v)"/></svg>`
  );
}
