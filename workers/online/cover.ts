// Draws a cover for a game that has no picture: an abstract SVG with a palette and a motif per genre. A pure function; no
// part of its input is ever written into its output.

import { createSeededRng, hashString } from '../../models/features/rng.ts';
import { type Brush, circles, MOTIFS } from './cover-motifs.ts';

const HUE_SPREAD = 24;

/**
 * A portrait of 300 × 400, without text or scripts, below 2.5 kB: always the same for the same genre and seed. An unknown
 * genre gets a palette of its own and a plain motif.
 */
export function drawCover(genre: string, seed: number): string {
  const name = hashString(genre);
  const motif = MOTIFS.get(genre) ?? {
    hue: name % 360,
    accentHue: (name + 120 + ((name >>> 9) % 120)) % 360,
    draw: circles,
  };
  const next = createSeededRng(name ^ Math.imul(Number.isFinite(seed) ? Math.floor(seed) : 0, 0x9e3779b1));
  const between = (low: number, high: number) => Math.floor(low + next() * (high - low + 1));
  const turn = between(-HUE_SPREAD, HUE_SPREAD);
  const colour = (hue: number, saturation: number) => (lightness: number) =>
    `hsl(${(hue + turn + 360) % 360} ${saturation}% ${Math.round(lightness)}%)`;
  const main = colour(motif.hue, between(50, 76));
  const brush: Brush = { between, main, accent: colour(motif.accentHue, 88) };
  // Day, dusk or night.
  const light = between(0, 2) * 10;
  const stop = (offset: number, of: string, opacity = 1) =>
    `<stop offset="${offset}" stop-color="${of}"${opacity < 1 ? ` stop-opacity="${opacity}"` : ''}/>`;
  return (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 400" width="300" height="400"><defs>' +
    `<linearGradient id="s" x2="0" y2="1">${stop(0, main(14 + light))}${stop(1, main(44 + light))}</linearGradient>` +
    `<linearGradient id="v" x2="0" y2="1">${stop(0.55, '#000', 0)}${stop(1, '#000', 0.5)}</linearGradient></defs>` +
    `<path d="M0 0H300V400H0z" fill="url(#s)"/>${motif.draw(brush)}<path d="M0 0H300V400H0z" fill="url(#v)"/></svg>`
  );
}
