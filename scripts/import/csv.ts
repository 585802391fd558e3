// Cuts one line of comma-separated values (RFC 4180). A quoted field may hold commas and doubled quotes, not a line
// end: none of the formats that we read needs that.

/** The fields of a line. */
export function splitCsv(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y;
  for (;;) {
    const match = field.exec(line);
    // Text after a closing quote: not CSV, so the line is taken as it stands.
    if (match === null) return line.split(',');
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === '') return fields;
  }
}
