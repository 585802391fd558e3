// A slate as an answer queues it, for tests.

import type { Slate } from '../models/contracts/slate.ts';
import { addEntry, emptyEntries, type SlateEntries, type SlateEntry } from '../models/contracts/slate-entries.ts';
import type { ReceivedAnswers } from '../workers/storage/slates.ts';

export function packEntries(entries: readonly SlateEntry[]): SlateEntries {
  const rowIds: string[] = [];
  for (const { row, rowId } of entries) rowIds[row] = rowId;
  const packed = emptyEntries(rowIds);
  for (const entry of entries) addEntry(packed, entry);
  return packed;
}

/** One entry, whose two features have the codes 0 and 127. */
export const makeSlate = (recommendationId: string, userId: string, shownAt: number): Slate => ({
  recommendationId,
  userId,
  shownAt,
  tier: 'online',
  release: 'v1',
  country: 'CH',
  platform: null,
  featuresHash: 'abc',
  entries: packEntries([
    { itemId: 'g1', rowId: 'top-picks', row: 0, column: 0, propensity: 0.9, exploration: false, shuffled: false },
  ]),
  features: 'AH8=',
});

/** Each slate as a message that the queue delivers for the first time. */
export const toMessages = (slates: readonly Slate[]): ReceivedAnswers[] =>
  slates.map((slate) => ({
    id: crypto.randomUUID(),
    sentAt: slate.shownAt,
    attempts: 1,
    isReplay: false,
    answers: [{ slate }],
    counts: [],
  }));
