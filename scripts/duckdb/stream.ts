// Reads results: one number, or a chunk of rows at a time: memory holds what the caller keeps, not what is read.

import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';

/** The columns of one chunk after the other. */
export async function* streamColumns(connection: DuckDBConnection, sql: string): AsyncGenerator<DuckDBValue[][]> {
  const result = await connection.stream(sql);
  for (;;) {
    const chunk = await result.fetchChunk();
    if (chunk === null || chunk.rowCount === 0) return;
    yield chunk.getColumns();
  }
}

/** The one number of a result. */
export const readNumber = async (connection: DuckDBConnection, sql: string): Promise<number> =>
  Number((await connection.runAndReadAll(sql)).getRows()[0]![0]);
