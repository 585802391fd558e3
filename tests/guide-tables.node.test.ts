// Compares the tables of the guides with the constants that the code uses.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../models/contracts/algorithm-settings.ts';
import {
  EVENT_TYPES,
  EVENTS_BODY_BYTES_MAX,
  EVENTS_PER_REQUEST_MAX,
  type EventType,
  RATING_MAX,
  RATING_MIN,
  RETRACTIONS,
} from '../models/contracts/event.ts';
import { SLATE_LENGTH_MAX } from '../models/contracts/gallery.ts';
import { ITEMS_BODY_BYTES_MAX, ITEMS_PER_REQUEST_MAX } from '../models/contracts/item.ts';
import { SUBSCRIPTIONS_MAX } from '../models/contracts/subscription.ts';
import { GUEST_TOKEN_LIFETIME_S, TOKEN_LIFETIME_MAX_S } from '../models/contracts/token.ts';
import { LONG_PLAY_MINUTES, weighEvent } from '../models/features/weights.ts';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { PROBLEM_KINDS } from '../workers/online/problems.ts';

/** The rows of the table under a heading, without its first two lines. */
function readTable(guide: string, heading: string): string[][] {
  const text = readFileSync(path.join(PROJECT_DIR, 'docs/guides', guide), 'utf8');
  const [, section] = text.split(`\n## ${heading}\n`);
  const lines = section!
    .split('\n## ', 1)[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}
const write = (weight: number) => String(weight).replace('-', '−');

it('the guide to events gives each type the weight that it has', () => {
  const weights = new Map(readTable('events.md', 'What each is worth').map(([type, , weight]) => [type, weight]));
  const ranges: Partial<Record<EventType, number[]>> = {
    play: [0, LONG_PLAY_MINUTES],
    rate: [RATING_MIN, RATING_MAX],
  };
  const takenBack = EVENT_TYPES.filter((type) => RETRACTIONS[type] !== undefined || type === 'reset');
  const listed = EVENT_TYPES.filter((type) => !takenBack.includes(type));
  expect([...weights.keys()].sort()).toEqual(listed.map((type) => `\`${type}\``).sort());
  for (const type of listed) {
    const range = (ranges[type] ?? [0]).map((value) => write(weighEvent({ type, value })));
    expect(weights.get(`\`${type}\``), type).toBe(range.join(' to '));
  }
});

it('the guide to events gives each action the utility that it has', () => {
  const rows = readTable('events.md', 'What an answer earns');
  const utilities = rows.map(([action, utility]) => [/`(\w+)`/.exec(action!)![1], utility]);
  const expected = Object.entries(DEFAULT_SETTINGS.actionUtilities).map(([action, utility]) => [
    action,
    write(utility),
  ]);
  expect(utilities.sort()).toEqual(expected.sort());
});

it('the guide to errors lists every status of a problem', () => {
  const listed = readTable('errors.md', 'Problems').map(([status]) => Number(status));
  const statuses = new Set(Object.values(PROBLEM_KINDS).map(({ status }) => status));
  expect(listed).toEqual([...statuses].sort((a, b) => a - b));
});

it('the guide to errors gives the limits that apply', () => {
  const limits = Object.fromEntries(readTable('errors.md', 'Limits'));
  expect(limits).toMatchObject({
    'events in a request': `${EVENTS_PER_REQUEST_MAX}, and ${EVENTS_BODY_BYTES_MAX / 1024} KB`,
    'items in a request': `${ITEMS_PER_REQUEST_MAX}, and ${ITEMS_BODY_BYTES_MAX / 1024 ** 2} MB`,
    'items in an answer (`n`)': `${SLATE_LENGTH_MAX}`,
    'lifetime of a token': `${TOKEN_LIFETIME_MAX_S / 3600} hours, of a guest ${GUEST_TOKEN_LIFETIME_S / 86_400} days`,
    'webhook subscriptions': `${SUBSCRIPTIONS_MAX}`,
  });
});

it('the guide to errors gives the rates of wrangler.toml', () => {
  const settings = readFileSync(path.join(PROJECT_DIR, 'wrangler.toml'), 'utf8');
  for (const [counted, rate, setting] of readTable('errors.md', 'Rates'))
    expect(settings, counted).toContain(`\n${/`(\w+)`/.exec(setting!)![1]} = "${rate}"\n`);
});
