// Derives a game's series from its title: the part before a trailing number or a subtitle.

const PART = /\s+(?:\d{1,4}|[IVX]{1,5}|(?:part|episode|season)\s+\d+)$/i;
const EDITION = /\s*[-–(:]?\s*\b(?:demo|remastered|remake|deluxe|definitive|complete|goty|game of the year)\b.*$/i;
const LENGTH_MIN = 4;

/** The common beginning of a series' titles in lower case; for a game on its own the whole title. */
export function seriesOf(title: string): string {
  const whole = title.trim().toLowerCase();
  const beforeSubtitle = whole.split(/[:–]|\s-\s/, 1)[0]!;
  const stem = beforeSubtitle.replace(EDITION, '').replace(PART, '').trim();
  // A shorter stem is no name: “X 2” is a series of its own.
  return stem.length >= LENGTH_MIN ? stem : whole;
}
