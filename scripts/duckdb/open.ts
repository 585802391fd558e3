// Opens DuckDB in memory, for commands that read files. It bounds memory, spills to a temporary folder that goes with
// the connection, and neither downloads extensions nor reads over the network.

import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { withTemporaryFolder } from '../local/temporary-folder.ts';

/** Leaves room for workerd and this process within 4 GB. */
const MEMORY_LIMIT = '1GB';

/** Keeps the connection open until `run` settles. `memoryLimit`: as DuckDB writes sizes, e.g. `512MB`. */
export const withDuckDb = <T>(
  run: (connection: DuckDBConnection) => Promise<T>,
  memoryLimit: string = MEMORY_LIMIT,
): Promise<T> =>
  withTemporaryFolder('duckdb', async (spill) => {
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: memoryLimit,
      temp_directory: spill,
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    try {
      const connection = await instance.connect();
      // Times without a zone are UTC, whatever this machine's zone is.
      await connection.run("set TimeZone = 'UTC'");
      try {
        return await run(connection);
      } finally {
        connection.closeSync();
      }
    } finally {
      instance.closeSync();
    }
  });

export { quoteName, quotePath, quoteText } from './quote.ts';
