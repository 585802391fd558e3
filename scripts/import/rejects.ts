// Counts the lines of text files that DuckDB could not split into columns and did not return.

import type { DuckDBConnection } from '@duckdb/node-api';
import { REJECTS_MAX } from './match-shape.ts';
import { FilesRefusedError, type Skipped } from './skipped.ts';

const EXAMPLES_MAX = 3;
const ERRORS = `(select error_type, line, file_path, scan_id, file_id from reject_errors
  join reject_scans using (scan_id, file_id))`;

/** Returns the lines since the last call, by reason. Throws if a file has more errors than DuckDB counts. */
export async function takeRejects(connection: DuckDBConnection): Promise<Skipped[]> {
  // The tables exist once a text file has been read.
  const tables = await connection.runAndReadAll("from duckdb_tables() where table_name = 'reject_errors'");
  if (tables.currentRowCount === 0) return [];
  await assertAllCounted(connection);
  const rows = await connection.runAndReadAll(
    `select case error_type when 'MISSING COLUMNS' then 'has too few columns' when 'TOO MANY COLUMNS' then
        'has too many columns' when 'UNQUOTED VALUE' then 'has a quote that does not end' when 'INVALID ENCODING' then
        'is not UTF-8' else lower(error_type::varchar) end as reason,
      count(distinct (scan_id, file_id, line)) as n,
      arg_min(regexp_extract(file_path, '[^/\\\\]+$') || ':' || line, line, ${EXAMPLES_MAX}) as examples
    from (select distinct * from ${ERRORS}) group by reason order by n desc, reason`,
  );
  await connection.run('drop table reject_errors; drop table reject_scans');
  return rows.getRowObjectsJS().map(({ reason, n, examples }) => ({
    reason: String(reason),
    count: Number(n),
    examples: examples as string[],
  }));
}

async function assertAllCounted(connection: DuckDBConnection): Promise<void> {
  const full = await connection.runAndReadAll(
    `select regexp_extract(file_path, '[^/\\\\]+$'), count(distinct line)::double from ${ERRORS}
     group by scan_id, file_id, file_path having count(*) >= ${REJECTS_MAX}`,
  );
  const [first] = full.getRows();
  if (first === undefined) return;
  const [name, lines] = first as [string, number];
  throw new FilesRefusedError(
    `${name} has too many lines that do not fit its columns: the first ${lines.toLocaleString('en')} of them were ` +
      'counted. Nothing was written. Repair the lines, or remove them.',
  );
}
