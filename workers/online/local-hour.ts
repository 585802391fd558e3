// The hour at a player's place. Formatting a time in a zone takes a twentieth of a gallery's time, so each zone's hour
// is kept for a quarter of an hour: all offsets are multiples of that, and change on such a multiple.

const QUARTER_MS = 15 * 60_000;

/** By IANA name. Cloudflare names the zone, not the client, so there are only a few hundred. */
const hours = new Map<string, { quarter: number; hour: number | null }>();

/** 0–23; null if the zone is unknown. `now`: epoch milliseconds. */
export function readLocalHour(timeZone: string | undefined, now: number): number | null {
  if (timeZone === undefined) return null;
  const quarter = Math.floor(now / QUARTER_MS);
  let known = hours.get(timeZone);
  if (known?.quarter !== quarter) {
    known = { quarter, hour: formatHour(timeZone, now) };
    hours.set(timeZone, known);
  }
  return known.hour;
}

function formatHour(timeZone: string, now: number): number | null {
  try {
    return Number(new Intl.DateTimeFormat('en', { hour: 'numeric', hourCycle: 'h23', timeZone }).format(now));
  } catch {
    return null;
  }
}
