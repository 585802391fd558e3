// What an isolate holds between requests: the catalogue, the statistics and the model release, each with how fresh it
// must be. The only state of the Worker outside storage.

import { type LoadedRelease, loadRelease } from '../inference/release.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { Held, type Reading } from '../storage/held.ts';
import { type HeldRules, readRules } from '../storage/rules.ts';
import { type HeldStatistics, readStatistics } from '../storage/statistics.ts';
import type { Stores } from '../storage/stores.ts';

/** There from the start, so that a change made through this isolate always has a place to go. */
export const catalogue = new Catalogue();
// A change of the catalogue shows in the whole world within 30 seconds: staleMs plus one refresh.
const catalogueRefresh = new Held<Catalogue>('catalogue', { freshMs: 10_000, staleMs: 25_000, waitMs: 2_000 });
const statistics = new Held<HeldStatistics | undefined>('statistics', {
  freshMs: 30_000,
  staleMs: Number.POSITIVE_INFINITY,
  waitMs: 500,
});
// The first gallery does not wait long for the model: a cold isolate answers from statistics while it loads.
const release = new Held<LoadedRelease | undefined>(
  'release',
  { freshMs: 15_000, staleMs: Number.POSITIVE_INFINITY, waitMs: 150 },
  (retired) => retired?.scorer.release(),
);

// The store's rules: a change shows at the next request through the isolate that made it, and elsewhere within a second
// of traffic; who comes after a pause waits for them.
const rules = new Held<HeldRules>('rules', { freshMs: 1_000, staleMs: 5_000, waitMs: 1_000 });

type WaitUntil = (promise: Promise<unknown>) => void;

export const holdCatalogue = (
  { DB }: Stores,
  now: number,
  waitUntil: WaitUntil,
  patienceMs?: number,
): Promise<Reading<Catalogue>> =>
  catalogueRefresh.read(
    async () => {
      await catalogue.refresh(DB);
      return catalogue;
    },
    now,
    waitUntil,
    patienceMs,
  );

export const holdStatistics = ({ BUCKET }: Stores, now: number, waitUntil: WaitUntil, patienceMs?: number) =>
  statistics.read((held) => readStatistics(BUCKET, held), now, waitUntil, patienceMs);

export const holdRelease = ({ BUCKET }: Stores, now: number, waitUntil: WaitUntil, patienceMs?: number) =>
  release.read((held) => loadRelease(BUCKET, held, now), now, waitUntil, patienceMs);

/** The release as it is now. To be asked right before scoring: a reading from before an await may have been retired. */
export const heldRelease = () => release.peek();

export const holdRules = ({ DB }: Stores, now: number, waitUntil: WaitUntil, patienceMs?: number) =>
  rules.read((held) => readRules(DB, held), now, waitUntil, patienceMs);

/** Right after a change of a rule: the next request through this isolate must see it. */
export const refreshRules = ({ DB }: Stores): Promise<void> => rules.renew((held) => readRules(DB, held), Date.now());
