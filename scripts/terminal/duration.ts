// Durations as people write them: 90s, 10m, 1h.

import { fail, ok, type Result } from '../../models/contracts/result.ts';

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds, more than 0. */
export function parseDuration(text: string): Result<number, string> {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  return ms > 0 ? ok(ms) : fail(`"${text}" is no duration: write it like 90s, 10m or 1h`);
}

/** To the second below two minutes, to the minute above. Nothing is less than 0s. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / UNIT_MS.s!));
  return seconds < 120 ? `${seconds}s` : `${Math.round(seconds / 60)}m`;
}
