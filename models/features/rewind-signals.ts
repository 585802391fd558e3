// Restores a player's signals as they were before some events, for the later pages of a list. Pure.

import type { SignalEvent, Signals } from '../contracts/signals.ts';
import { collectMarks, emptySignals, foldEvents, listMarks } from './signals.ts';

/**
 * `earlier`, `later`: the stored events from before and after that moment. A mark that a later event renewed gets the
 * time of the earlier event only if that event is stored.
 */
export function rewindSignals(
  { marks }: Signals,
  earlier: readonly SignalEvent[],
  later: readonly SignalEvent[],
): Signals {
  const before = foldEvents(emptySignals(), earlier).signals;
  const renewed = foldEvents(emptySignals(), later).signals.marks;
  const kept = listMarks(marks).filter(({ itemId, kind, timestamp }) => renewed.get(itemId)?.[kind] !== timestamp);
  return { ...before, marks: collectMarks([...listMarks(before.marks), ...kept]) };
}
