// Records a change in the audit log: the key, the route, the ids, the resource before and after. The entry is begun
// before the change; if that fails, the change is refused.

import { logWarning } from '../logging/log.ts';
import type { AuditedChange, AuditedOutcome } from '../storage/audit-log.ts';
import { orUnavailable, PROBLEM_KINDS, ProblemError } from './problems.ts';

export interface AuditLog {
  /** Returns the entry's id. */
  begin(change: AuditedChange): Promise<number>;
  end(entryId: number, outcome: AuditedOutcome): Promise<void>;
}

export interface Change<T> extends Omit<AuditedChange, 'before'> {
  /** Status of the answer if the change is made. */
  status: number;
  /** The resource before the change; undefined if there is none. */
  readBefore(): Promise<unknown>;
  make(): T | Promise<T>;
  /** The resource after the change, without secrets. */
  readAfter(made: T): unknown | Promise<unknown>;
}

export async function recordChange<T>(
  log: AuditLog,
  { status, readBefore, make, readAfter, ...change }: Change<T>,
): Promise<T> {
  const before = await orUnavailable(readBefore());
  const entryId = await orUnavailable(log.begin({ ...change, before }));
  let made: T;
  try {
    made = await make();
  } catch (error) {
    const kind = error instanceof ProblemError ? error.kind : 'internal';
    await end(log, entryId, async () => ({ status: PROBLEM_KINDS[kind].status, after: null }));
    throw error;
  }
  await end(log, entryId, async () => ({ status, after: await readAfter(made) }));
  return made;
}

/** Never rejects: the change is already made, and an incomplete entry stands for an unknown outcome. */
async function end(log: AuditLog, entryId: number, describe: () => Promise<AuditedOutcome>): Promise<void> {
  try {
    await log.end(entryId, await describe());
  } catch (error) {
    logWarning('audit entry not completed', { entryId, error: String(error) });
  }
}
