// One answer within one deadline, whatever fails: made now from live signals (online), or made by the player's object after
// the last event (nearline), or by the last batch computation (batch), or from what every isolate holds (statistics).
// What a player must not be shown is left out on every rung. Which rung answered is said in the answer.

import type { GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import type { Rule } from '../../models/contracts/rule.ts';
import type { BatchGallery, StoredGallery } from '../../models/contracts/stored-gallery.ts';
import { keepSafe, OWN_ROWS, onlyGenre } from '../recommending/filters.ts';
import { recommendList } from '../recommending/lists.ts';
import { composePlain, type PlainPolicy } from '../recommending/policies.ts';
import type { Moment } from '../recommending/ranking-input.ts';
import { composeGallery, type Page, type Ranked, recommend } from '../recommending/recommend.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { withDeadline } from '../storage/deadline.ts';
import { readBatchGallery } from '../storage/galleries.ts';
import { type Answer, type Asking, affinityOf, type Gathered, gather, rulesFor } from './hydrate.ts';
import { recogniseByLog } from './identify-by-log.ts';
import { isolate as thisIsolate } from './isolate.ts';
import { joinSafety } from './safety.ts';

export interface ServedGallery {
  answer: Answer;
  rows: GalleryRow[];
  moment: Moment;
  /** What it was chosen from; undefined where it was made before. */
  page?: Page;
}

/** A page that comes late is better than an empty one: where nothing at all is there, the catalogue is waited for. */
const LAST_WAIT_MS = 2_000;

/** `plain`: a policy in the place of the whole; where something is lacking for it the ladder answers as ever. */
export async function answerGallery(asking: Asking, length: number, plain?: PlainPolicy): Promise<ServedGallery> {
  const gathered = await gather(asking);
  const { answer, moment } = gathered;
  if (plain !== undefined && gathered.lacking === undefined) {
    const rows = await attempt(answer, () => composePlain(plain, moment, length));
    if (plain === 'popularity') answer.tier = 'statistics';
    if (rows !== undefined) return { answer, rows, moment };
  }
  const page = gathered.lacking === undefined ? await attempt(answer, () => composeGallery(moment, length)) : undefined;
  if (page !== undefined) {
    if (page.rows.length === 0 && moment.catalogue.size > 0)
      answer.degraded.push(
        'filters: nothing of the catalogue passes what the request, the player and the rules ask for',
      );
    return { answer, rows: page.rows, moment, page };
  }

  const recognised = recogniseByLog(asking, gathered);
  const stored = await readStored(asking, recognised, gathered);
  if (stored !== undefined) {
    const rows = stored.rows.map((row) => ({ ...row, items: row.items.slice(0, length) }));
    return { answer: stored.answer, rows, moment };
  }
  const last = await lastMoment(asking, await recognised);
  const made = await attempt(answer, () => composeGallery(last, length));
  return made === undefined
    ? { answer, rows: await popularRow(last, answer, length, undefined), moment: last }
    : { answer, rows: made.rows, moment: last, page: made };
}

export interface ServedItems {
  answer: Answer;
  items: RecommendedItem[];
  moment: Moment;
  ranked?: Ranked;
}

/** The top picks alone, by the same ladder. */
export async function answerRecommendations(asking: Asking, length: number, genre?: string): Promise<ServedItems> {
  const gathered = await gather(asking);
  const { answer, moment } = gathered;
  const picks =
    gathered.lacking === undefined ? await attempt(answer, () => recommend(moment, length, genre)) : undefined;
  if (picks !== undefined) return { answer, moment, ...picks };

  const recognised = recogniseByLog(asking, gathered);
  const stored = await readStored(asking, recognised, gathered);
  const items = stored === undefined ? [] : pickFrom(stored.rows, length, genre);
  if (stored !== undefined && items.length > 0) return { answer: stored.answer, moment, items };
  const last = await lastMoment(asking, await recognised);
  const made = await attempt(answer, () => recommend(last, length, genre));
  return made === undefined
    ? { answer, moment: last, items: (await popularRow(last, answer, length, genre))[0]?.items ?? [] }
    : { answer, moment: last, ...made };
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
  asking: Asking,
  recognised: Promise<Gathered>,
  gathered: Gathered,
): Promise<Stored | undefined> {
  const { env, userId, budget } = asking;
  if (userId === undefined) return undefined;
  const { degraded } = gathered.answer;
  const nearline = async () => (await env.USER_SIGNALS.getByName(userId).backup()) ?? undefined;
  const rungs: [tier: 'nearline' | 'batch', read: () => Promise<StoredGallery | BatchGallery | undefined>][] = [
    // An object that has just not answered is not asked again.
    ...(gathered.lacking === 'signals' ? [] : [['nearline', nearline] as ['nearline', typeof nearline]]),
    ['batch', () => readBatchGallery(env.DB, userId)],
  ];
  for (const [tier, read] of rungs) {
    try {
      const gallery = await withDeadline(read(), budget.for('stored'), `${tier} gallery`);
      if (gallery === undefined) continue;
      const rules = await readRulesInTime(asking, gathered);
      const rows = keepSafe(gallery.rows, { ...safetyFor(gallery, await recognised), rules });
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
  { env, context, budget, isolate = thisIsolate, waitUntil }: Asking,
  { moment, isCold, isStranger }: Gathered,
): Promise<readonly Rule[]> {
  if (!isCold) return moment.rules;
  const { value } = await isolate.holdRules(env, Date.now(), waitUntil, budget.for('stored'));
  return value === undefined ? moment.rules : rulesFor(isStranger, value.rules, context);
}

/** What must not be shown: what is known of it now, and where that is nothing, what was known then. */
function safetyFor(gallery: StoredGallery | BatchGallery, { moment, lacking }: Gathered) {
  const catalogue = moment.catalogue.size > 0 ? moment.catalogue : catalogueOf(gallery.rows);
  if (lacking !== 'signals' || !('had' in gallery)) return { ...moment, catalogue };
  const { view } = moment;
  const preferences = { ...view.preferences, ageLimit: gallery.ageLimit };
  const then = { owned: gallery.had, played: [], dismissed: gallery.dismissed, preferences };
  return { ...moment, catalogue, view: joinSafety(view, then) };
}

function catalogueOf(rows: readonly GalleryRow[]): Catalogue {
  const catalogue = new Catalogue();
  for (const { items } of rows)
    for (const { itemId, item } of items) if (item !== undefined) catalogue.apply({ itemId, revision: 0, item });
  return catalogue;
}

function pickFrom(rows: readonly GalleryRow[], length: number, genre: string | undefined): RecommendedItem[] {
  const filter = genre === undefined ? undefined : onlyGenre(genre);
  return rows
    .filter(({ id }) => !OWN_ROWS.has(id))
    .flatMap(({ items }) => items)
    .filter(({ item }) => filter === undefined || (item !== undefined && filter(item) === undefined))
    .slice(0, length);
}

/** The moment of the last rung, for which the catalogue and its rules are waited for. */
async function lastMoment(
  { env, context, isolate = thisIsolate, waitUntil }: Asking,
  { moment, answer, isCold, isStranger }: Gathered,
): Promise<Moment> {
  if (!isCold) return moment;
  const now = Date.now();
  const [{ value: catalogue }, { value: held }] = await Promise.all([
    isolate.holdCatalogue(env, now, waitUntil, LAST_WAIT_MS),
    isolate.holdRules(env, now, waitUntil, LAST_WAIT_MS),
  ]);
  if (catalogue === undefined) return moment;
  answer.degraded.push('deadline: the catalogue was waited for, as nothing else was there');
  const rules = rulesFor(isStranger, held?.rules ?? [], context);
  return { ...moment, catalogue, rules, affinity: affinityOf(moment.view, catalogue) };
}

/** What needs nothing but a list. */
async function popularRow(
  moment: Moment,
  answer: Answer,
  length: number,
  genre: string | undefined,
): Promise<GalleryRow[]> {
  const items = (await attempt(answer, () => recommendList(moment, 'popular', length, genre))) ?? [];
  if (items.length === 0) return [];
  return [{ id: 'top-picks', title: 'Popular now', reason: 'What players choose most', items }];
}
