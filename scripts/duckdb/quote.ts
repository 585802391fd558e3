// Quotes values and names for DuckDB's SQL. Loads no DuckDB.

/** A SQL string literal: table functions such as read_csv take no bound lists. */
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A SQL identifier, such as a file's column. */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;
