import { expect, test } from 'vitest';
import type { Gallery } from '../../models/contracts/gallery.ts';
import { WORLD_NOW } from '../../tests/world-date.ts';
import { type Game, makeGames } from '../world/catalogue.ts';
import { makePlayers } from '../world/players.ts';
import { COLUMNS_SEEN, ROWS_SEEN, Visit } from './player.ts';
import { conclude, type Figure, formatOutcome, formatRound, summarise } from './report.ts';
import { runRound, type Tally } from './round.ts';
import type { Store } from './store.ts';

const NOW = WORLD_NOW;
const games = makeGames(1, NOW);
const byId = new Map(games.map((game) => [game.item.itemId, game]));
const [player] = makePlayers(7) as [ReturnType<typeof makePlayers>[number]];

const pageOf = (shown: readonly Game[]): Gallery['rows'] =>
  Array.from({ length: ROWS_SEEN }, (_, row) => ({
    id: `row-${row}`,
    title: '',
    reason: '',
    items: shown
      .slice(row * COLUMNS_SEEN, (row + 1) * COLUMNS_SEEN)
      .map(({ item }) => ({ itemId: item.itemId, score: 1, reason: '' })),
  }));

/** Shows the games in the order that `orderFor` gives a policy, and records the events sent to it. */
function openFakeStore(orderFor: (policy: string | undefined) => readonly Game[]) {
  const sent: {
    userId?: string | undefined;
    type: string;
    itemId?: string | undefined;
    recommendationId?: string | undefined;
  }[] = [];
  let pages = 0;
  const store: Store = {
    readRelease: async () => 'none',
    readGallery: async (_, policy) => ({
      recommendationId: `page-${pages++}`,
      tier: 'online',
      release: null,
      generatedAt: '',
      dataUntil: null,
      degraded: [],
      experiments: [],
      rows: [{ ...pageOf(games)[0]!, id: 'continue' }, ...pageOf(orderFor(policy))],
    }),
    sendEvents: async (events) => {
      sent.push(...events);
    },
  };
  return { store, sent };
}

test('a player decides the same on the same visit, whatever surrounds a game', () => {
  const visit = () => new Visit(1, player, 0, new Map());
  const gameOf = (itemId: string) => byId.get(itemId);
  const first = visit().scanPage(pageOf(games), gameOf);
  expect(visit().scanPage(pageOf(games), gameOf)).toEqual(first);
  expect(first.impressions.length).toBeGreaterThan(0);

  // A game that was clicked or passed over is not clicked again.
  const again = visit();
  const seen = again.scanPage(pageOf(games), gameOf);
  for (const { itemId } of seen.impressions) expect(again.clickChance(byId.get(itemId)!)).toBe(0);

  const chances = games.map((game) => visit().clickChance(game)).sort((a, b) => b - a);
  expect(chances[0]).toBeGreaterThan(0.5);
  expect(chances[1_000]).toBeLessThan(0.1);
});

test('counts impressions and reactions; showing each player their best games leaves little regret', async () => {
  const players = makePlayers(1_001).slice(0, 8);
  const order = (policy: string | undefined) => (policy === 'full' ? games.toReversed() : games);
  const { store, sent } = openFakeStore(order);
  const shares: number[] = [];
  const plan = { store, games, seed: 1, round: 1, players: 8, visits: 2, now: NOW };
  const tallies = await runRound({ ...plan, onProgress: (share) => shares.push(share) });
  const total = (name: 'impressions' | 'clicks' | 'plays' | 'dismissals' | 'events', of: Tally[]) =>
    of.reduce((sum, tally) => sum + tally[name], 0);
  const all = Object.values(tallies).flat();
  expect(all).toHaveLength(32);
  expect(shares.at(-1)).toBe(1);
  const ofType = (type: string) => sent.filter((event) => event.type === type).length;
  expect(ofType('impression')).toBe(total('impressions', all));
  expect(ofType('click')).toBe(total('clicks', all));
  expect(ofType('play')).toBe(total('plays', all));
  expect(ofType('dismiss')).toBe(total('dismissals', all));
  expect(sent).toHaveLength(total('events', all));
  // The same pages under two policies: the same players do the same.
  expect(tallies.retrieval).toEqual(tallies.popularity);
  expect(new Set(sent.map(({ userId }) => userId)).size).toBe(4 * players.length);
  for (const { regret, best } of all) {
    expect(regret).toBeGreaterThan(0);
    expect(regret).toBeLessThan(best);
  }

  // A store that knows each player's preferences.
  const [one] = players as [(typeof players)[number]];
  const visit = new Visit(1, { ...one, userId: `1/${one.userId}` }, 0, new Map());
  const known = games
    .filter(({ item }) => item.platforms.includes(one.platform))
    .sort((a, b) => visit.clickChance(b) - visit.clickChance(a));
  const best = await runRound({
    ...plan,
    store: openFakeStore(() => known).store,
    players: 1,
    visits: 1,
    onProgress() {},
  });
  const [informed] = best.full as [Tally];
  const [uninformed] = tallies.popularity as [Tally];
  expect(informed.regret / informed.best).toBeLessThan(0.1);
  expect(uninformed.regret / uninformed.best).toBeGreaterThan(0.5);
});

test('reports ratios of sums, and differences player by player', () => {
  const tally = (clicks: number, impressions: number): Tally => ({
    visits: 1,
    pages: 1,
    impressions,
    clicks,
    firstVisit: { impressions, clicks },
    plays: clicks,
    dismissals: 0,
    regret: 2 - clicks / 10,
    best: 2,
    events: 5,
    degraded: 0,
  });
  const players = Array.from({ length: 50 }, (_, index) => ({ clicks: index % 3, impressions: 10 + (index % 7) }));
  const under = (extra: number) => players.map(({ clicks, impressions }) => tally(clicks + extra, impressions));
  const report = summarise(
    { round: 2, release: 'r', ranking: null, eventsBefore: 1_000 },
    { full: under(2), 'no-fatigue': under(2), retrieval: under(1), popularity: under(0) },
  );
  const impressions = players.reduce((sum, one) => sum + one.impressions, 0);
  const clicks = players.reduce((sum, one) => sum + one.clicks, 0);
  expect(report.policies.popularity.clickThrough.value).toBeCloseTo(clicks / impressions);
  expect(report.aheadOf.popularity.playsPerVisit).toEqual({ value: 2, margin: 0 });
  expect(report.aheadOf.retrieval.playsPerVisit.value).toBe(1);
  expect(report.aheadOf.retrieval.regretPerPage.value).toBeCloseTo(-0.1);
  expect(report.policies.full.playsPerVisit.margin).toBeGreaterThan(0.1);
  expect(report.events).toBe(1_000);
  // Two rounds with equal results halve the variance; a round without a ranking model does not count.
  expect(conclude([report])).toBeNull();
  const withRanker = { ...report, round: 3, eventsBefore: 2_000, ranking: 'trained' };
  const outcome = conclude([report, withRanker, { ...withRanker, round: 4, eventsBefore: 3_000 }])!;
  expect(outcome).toMatchObject({ rounds: [3, 4], eventsBefore: 2_000 });
  const [alone, together] = [report, outcome].map(({ aheadOf }) => aheadOf.popularity.clickThrough) as [Figure, Figure];
  expect(together.value).toBeCloseTo(alone.value);
  expect(together.margin).toBeCloseTo(alone.margin / Math.SQRT2);
  expect(formatOutcome(outcome)).toMatch(/after 2,000 events and more, rounds 3, 4 together/);
  expect(formatRound(report)).toMatch(/^full − no-fatigue .* 0\.000 ± 0\.000/m);
  expect(formatRound(report)).toMatch(/^full − retrieval .*\+1\.000 ± 0\.000/m);
});
