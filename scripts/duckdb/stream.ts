// Reads results: one number, or a chunk of rows at a time. Memory holds only the rows that the caller keeps.

import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';

/** Yields the columns of each chunk. */
export async function* streamColumns(connection: DuckDBConnection, sql: string): AsyncGenerator<DuckDBValue[][]> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk.getColumns();
  }
}

/** Reads the only number of a result. */
export const readNumber = async (connection: DuckDBConnection, sql: string): Promise<number> =>
  Number((await connection.runAndReadAll(sql)).getRows()[0]![0]);
