// Leases in D1: of several runs of the same work, one does it. Times are D1's own, since the runs are on several
// machines. A lease protects against doing work twice, not against a run that outlives its lease.

/** A run that died blocks the work for this long. */
const LEASE_MS = 120_000;
const RENEWED_EVERY_MS = 30_000;
const NOW = "cast(unixepoch('subsec') * 1000 as integer)";

/** Lease of a job, held by its run or by other work that must not overlap with it. */
export const nameJobLease = (job: string): string => `job ${job}`;

/** Does the work while holding the lease; undefined if another run holds it. Throws what the work throws. */
export async function withLease<T>(
  db: D1Database,
  name: string,
  work: () => Promise<T>,
): Promise<{ result: T } | undefined> {
  const holder = crypto.randomUUID();
  if (!(await takeLease(db, name, holder))) return undefined;
  // A renewal that fails is repeated by the next.
  const renewal = setInterval(() => void renewLease(db, name, holder).catch(() => {}), RENEWED_EVERY_MS);
  try {
    return { result: await work() };
  } finally {
    clearInterval(renewal);
    // If it fails, the lease expires.
    await releaseLease(db, name, holder).catch(() => {});
  }
}

/** False if another holder has it. May be repeated: its answer may be lost. */
async function takeLease(db: D1Database, name: string, holder: string): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `insert into leases (name, holder, expires_at) values (?1, ?2, ${NOW} + ?3)
       on conflict do update set holder = excluded.holder, expires_at = excluded.expires_at
       where leases.expires_at <= ${NOW} or leases.holder = excluded.holder`,
    )
    .bind(name, holder, LEASE_MS)
    .run();
  return meta.changes > 0;
}

/** Only while it is held: a renewal that arrives after the release must not take it again. */
async function renewLease(db: D1Database, name: string, holder: string): Promise<void> {
  await db
    .prepare(`update leases set expires_at = ${NOW} + ?3 where name = ?1 and holder = ?2`)
    .bind(name, holder, LEASE_MS)
    .run();
}

async function releaseLease(db: D1Database, name: string, holder: string): Promise<void> {
  await db.prepare('delete from leases where name = ?1 and holder = ?2').bind(name, holder).run();
}
