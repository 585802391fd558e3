import { expect, test } from 'vitest';
import { makeExperimentInput } from '../../tests/experiment.ts';
import { type AudienceFacts, hasInAudience } from './audience.ts';

const NOW = Date.parse('2026-05-20T12:00:00Z');
const facts: AudienceFacts = { country: 'CH', platform: 'Windows', isNewUser: false };
const has = (fields: Parameters<typeof makeExperimentInput>[0], changed: Partial<AudienceFacts> = {}) =>
  hasInAudience(makeExperimentInput(fields), { ...facts, ...changed }, NOW);

test('an audience has those who meet all of its conditions; unknown values meet none', () => {
  expect(has({})).toBe(true);
  const swiss = { audience: { share: 1, countries: ['AT', 'CH'], platforms: ['windows'] } };
  expect(has(swiss)).toBe(true);
  expect(has(swiss, { country: 'FR' })).toBe(false);
  expect(has(swiss, { country: null })).toBe(false);
  expect(has(swiss, { platform: 'linux' })).toBe(false);
  const newUsers = { audience: { share: 1, newUsers: true } };
  expect([false, true, null].map((isNewUser) => has(newUsers, { isNewUser }))).toEqual([false, true, false]);
  expect(has({ audience: { share: 1, newUsers: false } })).toBe(true);
});

test('nobody is in an experiment before it starts, nor from its end on', () => {
  expect(has({ startsAt: '2026-05-20T12:00:00Z', endsAt: '2026-05-20T12:00:01Z' })).toBe(true);
  expect(has({ startsAt: '2026-05-20T12:00:01Z' })).toBe(false);
  expect(has({ endsAt: '2026-05-20T12:00:00Z' })).toBe(false);
});
