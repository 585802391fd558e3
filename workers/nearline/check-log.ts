// The alarm's duty that compares the outbox with the log, and tells operators, through D1, of events that stay missing.

import { reportUnlogged, withdrawReport } from '../storage/unlogged-users.ts';
import type { DocumentStore } from './documents.ts';
import type { Outbox } from './outbox.ts';
import { findNextResend, type LogStores, reconcileLog } from './reconcile-log.ts';
import type { DutyOutcome } from './schedule.ts';

/** From an event, or its resend, to the check; by then the queue has usually delivered it. */
export const CHECK_DELAY_MS = 25_000;
/** While events are missing: a queue with a backlog may deliver them between two resends. */
const CHECK_INTERVAL_MAX_MS = 600_000;
/** Not earlier: the first resend brings most of what the queue lost. */
const REPORTED_AFTER_MS = 60_000;

/** `name`: of this outbox, for dead letters. Throws if a store fails; the outbox then stays as it is. */
export async function checkLog(
  outbox: Outbox,
  documents: DocumentStore,
  stores: LogStores,
  name: string,
): Promise<DutyOutcome> {
  const resent = await reconcileLog(outbox, stores, Date.now(), name);
  const unlogged = outbox.measure();
  if (unlogged === undefined) await withdraw(documents, stores.db);
  else if (Date.now() - unlogged.oldestAt >= REPORTED_AFTER_MS) await report(outbox, documents, stores.db, unlogged);
  // Asked again: events may have come meanwhile.
  if (outbox.isEmpty) return 'done';
  if (resent > 0) return CHECK_DELAY_MS;
  return Math.min(Math.max(findNextResend(outbox) - Date.now(), CHECK_DELAY_MS), CHECK_INTERVAL_MAX_MS);
}

async function report(
  outbox: Outbox,
  documents: DocumentStore,
  db: D1Database,
  unlogged: { events: number; oldestAt: number },
): Promise<void> {
  const [oldest] = outbox.readPage(0, 1);
  const { userId } = oldest!.events[0]!;
  // First: the report may be stored without an answer.
  documents.write('reportedAs', userId);
  await reportUnlogged(db, userId, unlogged);
}

async function withdraw(documents: DocumentStore, db: D1Database): Promise<void> {
  const userId = documents.read('reportedAs');
  if (userId === undefined) return;
  await withdrawReport(db, userId);
  documents.delete('reportedAs');
}
