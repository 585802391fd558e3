// Quotes values and names for DuckDB's SQL. Loads no DuckDB.

/** A SQL string literal: table functions such as read_csv take no bound lists. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * A path as SQL string literal, escaped for DuckDB's readers, for which `*`, `?` and `[` are patterns. `pattern`:
 * selects files of a folder, such as `/*.csv`.
 */
export const quotePath = (file: string, pattern = ''): string => quoteText(file.replace(/[*?[]/g, '[$&]') + pattern);

/** A SQL identifier, such as a file's column. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
