// Stands in for D1's Time Travel, which the local D1 lacks: saves the games and the record of their publications, and
// restores them.

const TABLES = ['items', 'published_catalogues'];

/** Returns the function that restores them. */
export async function saveCatalogue(db: D1Database): Promise<() => Promise<void>> {
  const saved = await Promise.all(
    TABLES.map(async (table) => ({ table, rows: (await db.prepare(`select * from ${table}`).all()).results })),
  );
  return async () => {
    await removeCatalogue(db);
    await db.batch(
      saved.flatMap(({ table, rows }) =>
        rows.map((row) => {
          const columns = Object.keys(row);
          const values = columns.map(() => '?').join(', ');
          return db
            .prepare(`insert into ${table} (${columns.join(', ')}) values (${values})`)
            .bind(...Object.values(row));
        }),
      ),
    );
  };
}

/** Restores the state before the first game. */
export async function removeCatalogue(db: D1Database): Promise<void> {
  // No trigger removes games from the index: they are never deleted.
  await db.batch([...TABLES, 'items_search'].map((table) => db.prepare(`delete from ${table}`)));
}
