// The client's copies of the contracts compile against them: what it sends is taken, what the server answers fits, and
// no field is missing on either side. TypeScript checks this; the test only says so.

import { expect, it } from 'vitest';
import type * as event from '../models/contracts/event.ts';
import type * as gallery from '../models/contracts/gallery.ts';
import type { Item } from '../models/contracts/item.ts';
import type { Notice } from '../models/contracts/notice.ts';
import type { Preferences } from '../models/contracts/preferences.ts';
import type { Problem } from '../models/contracts/problem.ts';
import type { ProblemDocument } from './problem.ts';
import type * as client from './types.ts';

/** Values of `A` may be used as `B`, and both have the same fields. */
type Fits<A, B> = [A] extends [B] ? ([keyof A, keyof B] extends [keyof B, keyof A] ? true : false) : false;

const FITTING: {
  event: Fits<client.EventInput, event.EventInput>;
  eventType: Fits<event.EventType, client.EventType>;
  result: Fits<event.EventResult, client.EventResult>;
  item: Fits<Item, client.Item>;
  recommendedItem: Fits<gallery.RecommendedItem, client.RecommendedItem>;
  row: Fits<gallery.GalleryRow, client.GalleryRow>;
  // Explanations are for keys alone.
  gallery: Fits<Omit<gallery.Gallery, 'explain'>, client.Gallery>;
  recommendations: Fits<Omit<gallery.Recommendations, 'explain'>, client.Recommendations>;
  notice: Fits<Notice, client.Notice>;
  preferences: Fits<Preferences, client.Preferences>;
  sentPreferences: Fits<client.Preferences, Preferences>;
  problem: Fits<Problem, ProblemDocument>;
} = {
  event: true,
  eventType: true,
  result: true,
  item: true,
  recommendedItem: true,
  row: true,
  gallery: true,
  recommendations: true,
  notice: true,
  preferences: true,
  sentPreferences: true,
  problem: true,
};

it('the types of the client are those of the contracts', () => {
  expect(Object.values(FITTING)).not.toContain(false);
});
