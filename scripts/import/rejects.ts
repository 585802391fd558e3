// Counts the lines of text files that DuckDB could not cut into columns, and so left out.

import type { DuckDBConnection } from '@duckdb/node-api';

const EXAMPLES_MAX = 3;

export interface Skipped {
  reason: string;
  count: number;
  /** Where the first are. */
  examples: readonly string[];
}

/** Returns the lines of the text files read so far, and forgets them: the next files have their own. */
export async function takeRejects(connection: DuckDBConnection): Promise<Skipped[]> {
  const rows = await connection
    .runAndReadAll(`
    select case error_type when 'MISSING COLUMNS' then 'has too few columns' when 'TOO MANY COLUMNS' then
        'has too many columns' when 'UNQUOTED VALUE' then 'has a quote that does not end' when 'INVALID ENCODING' then
        'is not UTF-8' else lower(error_type::varchar) end as reason,
      count(*) as n,
      arg_min(regexp_extract(file_path, '[^/\\\\]+$') || ':' || line, line, ${EXAMPLES_MAX}) as examples
    -- A line has one error for each column that it lacks.
    from (select distinct error_type, scan_id, file_id, line from reject_errors)
    join reject_scans using (scan_id, file_id) group by reason order by n desc, reason`)
    .catch((error: Error) => {
      // The tables exist once a text file has been read.
      if (/reject_errors does not exist/.test(error.message)) return undefined;
      throw error;
    });
  if (rows === undefined) return [];
  await connection.run('delete from reject_errors; delete from reject_scans');
  return rows.getRowObjectsJS().map(({ reason, n, examples }) => ({
    reason: String(reason),
    count: Number(n),
    examples: examples as string[],
  }));
}
