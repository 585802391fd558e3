// The rungs of the ladder, from best to worst answer. Galleries and lists differ only in their form.

import type { GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import { logError } from '../logging/log.ts';
import { describePopular } from '../recommending/describe-popular.ts';
import type { RankingInput } from '../recommending/ranking-input.ts';
import type { Ranking } from '../recommending/recommend.ts';
import { filterStoredRows } from '../recommending/stored-rows.ts';
import { readBatchGallery } from '../storage/galleries.ts';
import { type Change, makesDifference } from './changes.ts';
import { type Rung, type Served, serve } from './climb.ts';
import { composeByPlan } from './compose-page.ts';
import { listFailures, toDegradation } from './degradation.ts';
import { addDegraded, computeAffinity, type HydratedRequest } from './hydrate.ts';
import { isolate as thisIsolate } from './isolate.ts';
import type { RecommendationRequest } from './recommendation-request.ts';
import { selectRules } from './select-rules.ts';
import { storedRung } from './stored-rung.ts';

/** The difference between a gallery and a list. */
export interface Form<T extends object> {
  compose(hydrated: HydratedRequest): Promise<Composed<T>>;
  /** True if a composed answer depends on it. */
  reads(change: Change, hydrated: HydratedRequest): boolean;
  listPopular(input: RankingInput): RecommendedItem[];
  /** From rows with whole items, stored or popular; undefined if none of them fits. */
  cut(rows: readonly GalleryRow[]): T | undefined;
  empty: T;
}

export interface Composed<T extends object> {
  content: T;
  /** Undefined for a baseline page. */
  ranking?: Ranking | undefined;
  usesModel: boolean;
}

/** A late page is better than an empty one: the last rungs wait for the catalogue. */
const LAST_WAIT_MS = 2_000;

export function listRungs<T extends object>(request: RecommendationRequest, form: Form<T>): Rung<T>[] {
  const { env, userId, shedReason } = request;
  const compose = async (hydrated: HydratedRequest) => {
    const { content, ranking, usesModel } = await form.compose(hydrated);
    const failure = ranking && (hydrated.rankingFailure ?? ranking.rankingFailure);
    return serve(
      content,
      addDegraded(usesModel ? hydrated : withoutModel(hydrated), listFailures({ ranking: { failure } })),
    );
  };
  const lastRungs = [
    composeIncomplete(request, attempt(compose)),
    attempt<T>(async (hydrated) => servePopular(form, hydrated)),
  ];
  if (shedReason !== undefined) return [commonRung(request, form), ...lastRungs];
  const rungs: Rung<T>[] = [unlessMissing(attempt(serveByPlan(form, compose)))];
  if (userId !== undefined) {
    const readBackup = async () => (await env.USER_SIGNALS.getByName(userId).backup()) ?? undefined;
    rungs.push(storedRung('nearline', readBackup, request, form.cut));
    rungs.push(storedRung('batch', () => readBatchGallery(env.DB, userId), request, form.cut));
  }
  return [...rungs, ...lastRungs];
}

/** Serves rows that are the same for everybody, without the games that this player must not see. */
const commonRung = <T extends object>(
  { env, isolate = thisIsolate, waitUntil }: RecommendationRequest,
  { cut }: Form<T>,
): Rung<T> =>
  attempt(async (hydrated) => {
    const now = Date.now();
    const { value } = await isolate.state.getRules(env, now, waitUntil, 0);
    // Without the rules, a game could be shown that the store excludes.
    if (value === undefined) return undefined;
    const rows = await isolate.commonRows.get(hydrated.input, value, now);
    const content = cut(filterStoredRows(rows, hydrated.input));
    return content && serve(content, withoutModel(hydrated));
  });

/** Composes only if nothing is missing: a stored gallery is better than an incomplete new one. */
const unlessMissing =
  <T extends object>(rung: Rung<T>): Rung<T> =>
  async (hydrated) =>
    hydrated.missing === undefined ? rung(hydrated) : { hydrated };

/** Composes although an input is missing. If none is, composing has already failed above. */
const composeIncomplete =
  <T extends object>(request: RecommendationRequest, compose: Rung<T>): Rung<T> =>
  async (hydrated) =>
    hydrated.missing === undefined ? { hydrated } : compose(await awaitCatalogue(request, hydrated));

/** A bug in the algorithm must not leave the page empty. */
const attempt =
  <T extends object>(compose: (hydrated: HydratedRequest) => Promise<Served<T> | undefined>): Rung<T> =>
  async (hydrated) => {
    try {
      const served = await compose(hydrated);
      return served === undefined ? { hydrated } : { served };
    } catch (error) {
      logError('composition failed', { error: String((error as Error).stack) });
      return { hydrated: addDegraded(withoutModel(hydrated), [toDegradation('composition', error)]) };
    }
  };

/** The answer names the experiments that made a difference to it. */
const serveByPlan =
  <T extends object>({ reads }: Form<T>, compose: (hydrated: HydratedRequest) => Promise<Served<T>>) =>
  async (asked: HydratedRequest): Promise<Served<T>> => {
    const { composed: served, hydrated } = await composeByPlan(asked, compose);
    const experiments = hydrated.plan.assigned
      .filter((assigned) => makesDifference(assigned, (change) => reads(change, hydrated)))
      .map(({ experiment: { experimentId }, variant }) => ({ experimentId, variant: variant.id }));
    return { ...served, answer: { ...served.answer, experiments }, composed: hydrated };
  };

const withoutModel = (hydrated: HydratedRequest): HydratedRequest => ({
  ...hydrated,
  answer: { ...hydrated.answer, tier: 'statistics' },
});

/** For a cold isolate: waits for the catalogue and the rules beyond the deadline. */
async function awaitCatalogue(
  { env, context, isolate = thisIsolate, waitUntil }: RecommendationRequest,
  hydrated: HydratedRequest,
): Promise<HydratedRequest> {
  if (!hydrated.isCold) return hydrated;
  const now = Date.now();
  const [{ value: catalogue }, { value: storeRules = [] }] = await Promise.all([
    isolate.getCatalogue(env, now, waitUntil, LAST_WAIT_MS),
    isolate.state.getRules(env, now, waitUntil, LAST_WAIT_MS),
  ]);
  if (catalogue === undefined) return hydrated;
  const { input, isUnknownUser } = hydrated;
  const rules = selectRules(isUnknownUser, storeRules, context);
  const affinity = computeAffinity(input.user, catalogue);
  return addDegraded({ ...hydrated, input: { ...input, catalogue, rules, affinity } }, [
    { step: 'deadline', reason: 'Waited for the catalogue beyond the deadline: there was nothing else to show.' },
  ]);
}

/** Needs only the statistics. */
function servePopular<T extends object>(form: Form<T>, hydrated: HydratedRequest): Served<T> | undefined {
  const { catalogue } = hydrated.input;
  const items = form.listPopular(hydrated.input).map((one) => ({ ...one, item: catalogue.get(one.itemId) }));
  if (items.length === 0) return undefined;
  const row = { id: 'top-picks', ...describePopular(hydrated.input), items };
  const content = form.cut([row]);
  return content && serve(content, hydrated);
}
