// One answer within one deadline, whatever fails: made now from live signals (online), or made by the player's object after
// the last event (nearline), or by the last batch computation (batch), or from what every isolate holds (statistics).
// What a player must not be shown is left out on every rung. Which rung answered is said in the answer.

import type { GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import type { Rule } from '../../models/contracts/rule.ts';
import type { BatchGallery, StoredGallery } from '../../models/contracts/stored-gallery.ts';
import { filterByGenre, filterRows, OWN_ROWS } from '../recommending/filters.ts';
import { recommendList } from '../recommending/lists.ts';
import { type BaselinePolicy, composeBaseline } from '../recommending/policies.ts';
import type { RankingInput } from '../recommending/ranking-input.ts';
import { composeGallery, type Page, type Ranking, recommend } from '../recommending/recommend.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { withDeadline } from '../storage/deadline.ts';
import { readBatchGallery } from '../storage/galleries.ts';
import {
  type Answer,
  computeAffinity,
  type HydratedRequest,
  hydrate,
  type RecommendationRequest,
  selectRules,
} from './hydrate.ts';
import { identifyByLog } from './identify-by-log.ts';
import { isolate as thisIsolate } from './isolate.ts';
import { joinSafety } from './safety.ts';

export interface ServedGallery {
  answer: Answer;
  rows: GalleryRow[];
  input: RankingInput;
  /** What it was chosen from; undefined where it was made before. */
  page?: Page;
}

/** A page that comes late is better than an empty one: where nothing at all is there, the catalogue is waited for. */
const LAST_WAIT_MS = 2_000;

/** `plain`: a policy in the place of the whole; where something is lacking for it the ladder answers as ever. */
export async function answerGallery(
  asking: RecommendationRequest,
  length: number,
  plain?: BaselinePolicy,
): Promise<ServedGallery> {
  const gathered = await hydrate(asking);
  const { answer, input: moment } = gathered;
  if (plain !== undefined && gathered.missing === undefined) {
    const rows = await attempt(answer, () => composeBaseline(plain, moment, length));
    if (plain === 'popularity') answer.tier = 'statistics';
    if (rows !== undefined) return { answer, rows, input: moment };
  }
  const page = gathered.missing === undefined ? await attempt(answer, () => composeGallery(moment, length)) : undefined;
  if (page !== undefined) {
    if (page.rows.length === 0 && moment.catalogue.size > 0)
      answer.degraded.push(
        'filters: nothing of the catalogue passes what the request, the player and the rules ask for',
      );
    return { answer, rows: page.rows, input: moment, page };
  }

  const recognised = identifyByLog(asking, gathered);
  const stored = await readStored(asking, recognised, gathered);
  if (stored !== undefined) {
    const rows = stored.rows.map((row) => ({ ...row, items: row.items.slice(0, length) }));
    return { answer: stored.answer, rows, input: moment };
  }
  const last = await lastMoment(asking, await recognised);
  const made = await attempt(answer, () => composeGallery(last, length));
  return made === undefined
    ? { answer, rows: await popularRow(last, answer, length, undefined), input: last }
    : { answer, rows: made.rows, input: last, page: made };
}

export interface ServedItems {
  answer: Answer;
  items: RecommendedItem[];
  input: RankingInput;
  ranked?: Ranking;
}

/** The top picks alone, by the same ladder. */
export async function answerRecommendations(
  asking: RecommendationRequest,
  length: number,
  genre?: string,
): Promise<ServedItems> {
  const gathered = await hydrate(asking);
  const { answer, input: moment } = gathered;
  const picks =
    gathered.missing === undefined ? await attempt(answer, () => recommend(moment, length, genre)) : undefined;
  if (picks !== undefined) return { answer, input: moment, ...picks };

  const recognised = identifyByLog(asking, gathered);
  const stored = await readStored(asking, recognised, gathered);
  const items = stored === undefined ? [] : pickFrom(stored.rows, length, genre);
  if (stored !== undefined && items.length > 0) return { answer: stored.answer, input: moment, items };
  const last = await lastMoment(asking, await recognised);
  const made = await attempt(answer, () => recommend(last, length, genre));
  return made === undefined
    ? { answer, input: last, items: (await popularRow(last, answer, length, genre))[0]?.items ?? [] }
    : { answer, input: last, ...made };
}

/** An error of ours is no reason to show nothing. */
async function attempt<T>(answer: Answer, compose: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await compose();
  } catch (error) {
    console.error(JSON.stringify({ alert: 'composition failed', error: String((error as Error).stack) }));
    answer.degraded.push(`composition: ${(error as Error).message}`);
    answer.tier = 'statistics';
    return undefined;
  }
}

interface Stored {
  answer: Answer;
  rows: GalleryRow[];
}

/** The first stored gallery of which something may still be shown. `recognised`: what is gathered, once D1 was asked as well. */
async function readStored(
  asking: RecommendationRequest,
  recognised: Promise<HydratedRequest>,
  gathered: HydratedRequest,
): Promise<Stored | undefined> {
  const { env, userId, budget } = asking;
  if (userId === undefined) return undefined;
  const { degraded } = gathered.answer;
  const nearline = async () => (await env.USER_SIGNALS.getByName(userId).backup()) ?? undefined;
  const rungs: [tier: 'nearline' | 'batch', read: () => Promise<StoredGallery | BatchGallery | undefined>][] = [
    // An object that has just not answered is not asked again.
    ...(gathered.missing === 'signals' ? [] : [['nearline', nearline] as ['nearline', typeof nearline]]),
    ['batch', () => readBatchGallery(env.DB, userId)],
  ];
  for (const [tier, read] of rungs) {
    try {
      const gallery = await withDeadline(read(), budget.for('stored'), `${tier} gallery`);
      if (gallery === undefined) continue;
      const rules = await readRulesInTime(asking, gathered);
      const rows = filterRows(gallery.rows, { ...safetyFor(gallery, await recognised), rules });
      const { recommendationId, generatedAt, release, dataUntil } = gallery;
      if (rows.length > 0)
        return { answer: { ...gathered.answer, tier, recommendationId, generatedAt, release, dataUntil }, rows };
    } catch (error) {
      degraded.push((error as Error).message);
    }
  }
  return undefined;
}

/** Those of the moment; where this isolate has never read any, they are waited for once more. */
async function readRulesInTime(
  { env, context, budget, isolate = thisIsolate, waitUntil }: RecommendationRequest,
  { input: moment, isCold, isUnknownUser: isStranger }: HydratedRequest,
): Promise<readonly Rule[]> {
  if (!isCold) return moment.rules;
  const { value } = await isolate.getRules(env, Date.now(), waitUntil, budget.for('stored'));
  return value === undefined ? moment.rules : selectRules(isStranger, value.rules, context);
}

/** What must not be shown: what is known of it now, and where that is nothing, what was known then. */
function safetyFor(gallery: StoredGallery | BatchGallery, { input: moment, missing: lacking }: HydratedRequest) {
  const catalogue = moment.catalogue.size > 0 ? moment.catalogue : catalogueOf(gallery.rows);
  if (lacking !== 'signals' || !('ownedOrPlayed' in gallery)) return { ...moment, catalogue };
  const { user } = moment;
  const preferences = { ...user.preferences, ageLimit: gallery.ageLimit };
  const then = { owned: gallery.ownedOrPlayed, played: [], dismissed: gallery.dismissed, preferences };
  return { ...moment, catalogue, user: joinSafety(user, then) };
}

function catalogueOf(rows: readonly GalleryRow[]): Catalogue {
  const catalogue = new Catalogue();
  for (const { items } of rows)
    for (const { itemId, item } of items) if (item !== undefined) catalogue.apply({ itemId, revision: 0, item });
  return catalogue;
}

function pickFrom(rows: readonly GalleryRow[], length: number, genre: string | undefined): RecommendedItem[] {
  const filter = genre === undefined ? undefined : filterByGenre(genre);
  return rows
    .filter(({ id }) => !OWN_ROWS.has(id))
    .flatMap(({ items }) => items)
    .filter(({ item }) => filter === undefined || (item !== undefined && filter(item) === undefined))
    .slice(0, length);
}

/** The moment of the last rung, for which the catalogue and its rules are waited for. */
async function lastMoment(
  { env, context, isolate = thisIsolate, waitUntil }: RecommendationRequest,
  { input: moment, answer, isCold, isUnknownUser: isStranger }: HydratedRequest,
): Promise<RankingInput> {
  if (!isCold) return moment;
  const now = Date.now();
  const [{ value: catalogue }, { value: held }] = await Promise.all([
    isolate.getCatalogue(env, now, waitUntil, LAST_WAIT_MS),
    isolate.getRules(env, now, waitUntil, LAST_WAIT_MS),
  ]);
  if (catalogue === undefined) return moment;
  answer.degraded.push('deadline: the catalogue was waited for, as nothing else was there');
  const rules = selectRules(isStranger, held?.rules ?? [], context);
  return { ...moment, catalogue, rules, affinity: computeAffinity(moment.user, catalogue) };
}

/** What needs nothing but a list. */
async function popularRow(
  moment: RankingInput,
  answer: Answer,
  length: number,
  genre: string | undefined,
): Promise<GalleryRow[]> {
  const items = (await attempt(answer, () => recommendList(moment, 'popular', length, genre))) ?? [];
  if (items.length === 0) return [];
  return [{ id: 'top-picks', title: 'Popular now', reason: 'What players choose most', items }];
}
