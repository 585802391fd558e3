// Paths of the drawn covers for games without their own picture: static files that scripts/build.ts writes, the made-up
// world refers to and the page shows. The Worker does not use them.

/** Genres with their own motif; games of any other genre get the motif of Other. */
export const DRAWN_GENRES = [
  'Action',
  'Adventure',
  'RPG',
  'Strategy',
  'Shooter',
  'Puzzle',
  'Racing',
  'Simulation',
  'Sports',
  'Horror',
  'Platformer',
  'Card',
  'Casual',
  'Indie',
  'Free to Play',
  'Massively Multiplayer',
  'Other',
] as const;
export type DrawnGenre = (typeof DRAWN_GENRES)[number];

/** Covers per genre. */
export const COVER_VARIANTS = 64;

/** The path of a cover. `seed`: a whole number from 0, such as a hash of the item's id. */
export function drawnCoverPath(genre: string | undefined, seed: number): string {
  const drawn = DRAWN_GENRES.find((one) => one === genre) ?? 'Other';
  return `/covers/${drawn.toLowerCase().replaceAll(' ', '-')}/${seed % COVER_VARIANTS}.svg`;
}
