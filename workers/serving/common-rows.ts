// Rows that are the same for everybody, for an isolate with too many answers in flight: composed once from popularity,
// trends and ratings, then shown to many players, without the games that a player must not see.

import { DEFAULT_SETTINGS } from '../../models/contracts/algorithm-settings.ts';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import type { GalleryRow } from '../../models/contracts/gallery.ts';
import type { Rule } from '../../models/contracts/rule.ts';
import { EMPTY_USER_STATE } from '../../models/contracts/signals.ts';
import { createRng } from '../../models/features/rng.ts';
import type { RankingInput } from '../recommending/ranking-input.ts';
import { composeGallery } from '../recommending/recommend.ts';
import { selectRules } from './select-rules.ts';

const KEEP_MS = 30_000;
/** Lifetime of rows composed without statistics: better ones may be possible soon. */
const KEEP_POOR_MS = 1_000;
/** More than a row shows, since some are filtered for each player. */
const ROW_LENGTH = 40;

export class CommonRows {
  #rows: GalleryRow[] = [];
  /** Epoch milliseconds. */
  #freshUntil = Number.NEGATIVE_INFINITY;

  /**
   * Old rows, or none, while another request composes new ones: no request waits for another, whose client may hang up
   * at any time. `rules`: all rules of the store. `now`: epoch milliseconds.
   */
  async get(input: RankingInput, rules: readonly Rule[], now: number): Promise<readonly GalleryRow[]> {
    if (now < this.#freshUntil || input.catalogue.size === 0) return this.#rows;
    this.#freshUntil = now + (input.statistics === null ? KEEP_POOR_MS : KEEP_MS);
    const { rows } = await composeGallery(depersonalize(input, rules), ROW_LENGTH);
    this.#rows = rows.map((row) => ({
      ...row,
      items: row.items.map((one) => ({ ...one, item: input.catalogue.get(one.itemId) })),
    }));
    return this.#rows;
  }
}

/** As for an unknown user: without games for adults. */
const depersonalize = (input: RankingInput, rules: readonly Rule[]): RankingInput => ({
  ...input,
  settings: DEFAULT_SETTINGS,
  user: EMPTY_USER_STATE,
  affinity: [],
  context: EMPTY_CONTEXT,
  rules: selectRules(true, rules, EMPTY_CONTEXT),
  modelScores: null,
  random: createRng('common rows'),
});
