import { expect, it } from 'vitest';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import { type Rule, RuleInput } from '../../models/contracts/rule.ts';
import { EMPTY_USER_STATE } from '../../models/contracts/signals.ts';
import { createItem, createRankingInput, itemIds } from '../../tests/ranking-input.ts';
import { type Filter, removes } from './filter.ts';
import { createGenreFilter, createPlayerFilters } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';
import { shareVerdicts } from './shared-verdicts.ts';

const AGES = [null, 6, 12, 18];
const PLATFORMS = [null, 'windows', 'linux'];
const makeItem = (index: number, turn = 0) => ({
  ...createItem(index),
  ageRating: AGES[(index + turn) % AGES.length]!,
  platforms:
    PLATFORMS[(index + turn) % PLATFORMS.length] === null ? [] : [PLATFORMS[(index + turn) % PLATFORMS.length]!],
});
const rule = (match: Rule['match']): Rule => ({ ...RuleInput.parse({ action: 'exclude', match }), ruleId: 'same id' });
const muting = (genre: string) => ({ ...EMPTY_USER_STATE.preferences, mutedGenres: [genre] });
const PLAYERS: Partial<RankingInput>[] = [
  {},
  ...['Racing', 'Strategy'].map((genre) => ({ user: { ...EMPTY_USER_STATE, preferences: muting(genre) } })),
  { user: { ...EMPTY_USER_STATE, dismissed: ['g4'] } },
  ...[6, 12].map((ageLimit) => ({ context: { ...EMPTY_CONTEXT, ageLimit } })),
  ...['windows', 'linux'].map((platform) => ({ context: { ...EMPTY_CONTEXT, platform } })),
  ...[{ tags: ['Naval'] }, { genres: ['Racing'] }].map((match) => ({ rules: [rule(match)] })),
  { rules: [rule({ itemIds: ['g9'] }), rule({ ageRatingMin: 18 })] },
];

it('removes for each player what the player’s filters remove, also after changes of the catalogue', () => {
  const { catalogue } = createRankingInput(
    {},
    itemIds.map((_, index) => makeItem(index)),
  );
  for (const turn of [0, 1, 2]) {
    for (const [index, itemId] of itemIds.entries())
      if (index % 3 === turn) catalogue.apply({ itemId, revision: 2 + turn, item: makeItem(index, turn) });
    const lists = PLAYERS.map((player) => createPlayerFilters({ ...createRankingInput(player), catalogue }));
    for (const genre of ['Racing', 'Strategy', 'racing']) lists.push([createGenreFilter(genre, catalogue.columns)]);
    for (const filters of [...lists, ...lists]) {
      const shared = shareVerdicts(filters, catalogue.columns);
      const list = (some: Parameters<typeof removes>[0]) =>
        itemIds.filter((itemId) => removes(some, catalogue.columns.find(itemId)));
      expect(list(shared)).toEqual(list(filters));
    }
  }
});

it('keeps about a thousand lists, however short: callers choose what they are for', () => {
  const { columns } = createRankingInput().catalogue;
  let tests = 0;
  const filter = (key: string): Filter => ({ key, removes: () => tests++ < 0, explain: () => '' });
  const test = (key: string) => removes(shareVerdicts([filter(key)], columns), 0);
  for (const key of ['first', 'second', 'first', 'second']) test(key);
  expect(tests).toBe(2);
  for (let n = 0; n < 1_023; n++) test(`${n}`);
  test('second');
  expect(tests).toBe(2 + 1_023);
  test('first');
  expect(tests).toBe(2 + 1_023 + 1);
});
