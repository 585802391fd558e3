// The audit log in D1. An entry is written before the change and completed after it, so that every change has one.

import { AUDIT_ENTRIES_MAX, AUDIT_STATE_BYTES_MAX, type AuditEntry } from '../../models/contracts/audit.ts';

export type AuditedChange = Pick<AuditEntry, 'keyId' | 'method' | 'path' | 'ids' | 'before'>;
export type AuditedOutcome = Pick<AuditEntry, 'after'> & { status: number };

interface Row {
  entryId: number;
  at: number;
  keyId: string;
  method: string;
  path: string;
  ids: string;
  status: number | null;
  before: string | null;
  after: string | null;
}

/** Returns the entry's id. Deletes the oldest entries beyond `max`. `now`: epoch milliseconds. */
export async function beginAuditEntry(
  db: D1Database,
  { keyId, method, path, ids, before }: AuditedChange,
  now: number,
  max = AUDIT_ENTRIES_MAX,
): Promise<number> {
  const [inserted] = await db.batch<{ entryId: number }>([
    db
      .prepare(
        `insert into audit_log (at, key_id, method, path, ids, before) values (?1, ?2, ?3, ?4, ?5, ?6)
         returning entry_id as entryId`,
      )
      .bind(now, keyId, method, path, JSON.stringify(ids), writeState(before)),
    db.prepare('delete from audit_log where entry_id <= (select max(entry_id) from audit_log) - ?1').bind(max),
  ]);
  return inserted!.results[0]!.entryId;
}

export async function endAuditEntry(db: D1Database, entryId: number, { status, after }: AuditedOutcome): Promise<void> {
  await db
    .prepare('update audit_log set status = ?2, after = ?3 where entry_id = ?1')
    .bind(entryId, status, writeState(after))
    .run();
}

/** Newest first, older than `beforeId`. */
export async function listAuditEntries(db: D1Database, beforeId: number, limit: number): Promise<AuditEntry[]> {
  const { results } = await db
    .prepare(
      `select entry_id as entryId, at, key_id as keyId, method, path, ids, status, before, after
       from audit_log where entry_id < ?1 order by entry_id desc limit ?2`,
    )
    .bind(beforeId, limit)
    .all<Row>();
  return results.map(({ at, ids, before, after, ...row }) => ({
    ...row,
    at: new Date(at).toISOString(),
    ids: JSON.parse(ids),
    before: readState(before),
    after: readState(after),
  }));
}

/** Returns JSON, cut at a whole character; null if there is no state. */
function writeState(state: unknown): string | null {
  if (state === undefined || state === null) return null;
  const json = JSON.stringify(state);
  const { read } = new TextEncoder().encodeInto(json, new Uint8Array(AUDIT_STATE_BYTES_MAX));
  return json.slice(0, read);
}

/** Returns cut JSON as it is: a state is an object or a list, whose JSON is invalid once it is cut. */
function readState(json: string | null): unknown {
  if (json === null) return null;
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}
