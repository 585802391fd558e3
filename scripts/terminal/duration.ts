// Durations as people write them: 90s, 10m, 1h.

import { fail, ok, type Result } from '../../models/contracts/result.ts';

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** Milliseconds, more than 0. */
export function parseDuration(text: string): Result<number, string> {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? [];
  const ms = Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  return ms > 0 ? ok(ms) : fail('Write a duration like 90s, 10m or 1h.');
}

/** Seconds below two minutes, minutes above; negative durations are 0s. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / UNIT_MS.s!));
  return seconds < 120 ? `${seconds}s` : `${Math.round(seconds / 60)}m`;
}
