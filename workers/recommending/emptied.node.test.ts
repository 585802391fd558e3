import { expect, it } from 'vitest';
import type { Preferences } from '../../models/contracts/preferences.ts';
import { RuleInput } from '../../models/contracts/rule.ts';
import { EMPTY_USER_STATE } from '../../models/contracts/signals.ts';
import { createRankingInput, itemIds } from '../../tests/ranking-input.ts';
import { findEmptiedBy } from './emptied.ts';

const preferring = (changes: Partial<Preferences>) =>
  createRankingInput({ user: { ...EMPTY_USER_STATE, preferences: { ...EMPTY_USER_STATE.preferences, ...changes } } });

it('names nothing if games pass the filters', () => {
  expect(findEmptiedBy(preferring({ mutedGenres: ['Strategy'], mutedTags: ['Naval'] }))).toEqual([]);
});

it('names the one preference whose removal shows something', () => {
  expect(findEmptiedBy(preferring({ mutedGenres: ['strategy', 'Racing'] }))).toEqual(['mutedGenres']);
  expect(findEmptiedBy(preferring({ releasedFrom: '2099-01-01' }))).toEqual(['releaseWindow']);
  // No game of this catalogue has an age rating. The muted tag removes a few; lifting it would show nothing.
  expect(findEmptiedBy(preferring({ ageLimit: 12, mutedTags: ['Naval'] }))).toEqual(['ageLimit']);
  const rule = { ruleId: 'closed', ...RuleInput.parse({ action: 'exclude', match: { genres: ['Racing'] } }) };
  expect(findEmptiedBy({ ...preferring({ mutedGenres: ['Strategy'] }), rules: [rule] })).toEqual([
    'mutedGenres',
    'rules',
  ]);
});

it('names all filters that remove something if no single one is the cause', () => {
  const input = preferring({ mutedGenres: ['Strategy', 'Racing'], ageLimit: 12 });
  expect(findEmptiedBy({ ...input, user: { ...input.user, dismissed: itemIds } })).toEqual([
    'mutedGenres',
    'ageLimit',
    'history',
  ]);
});
