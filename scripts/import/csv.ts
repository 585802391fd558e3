// Cuts one line of comma-separated values (RFC 4180). A quoted field may contain commas and doubled quotes but no line
// end, which no supported format needs.

/** The fields of a line. */
export function splitCsv(line: string): string[] {
  if (!line.includes('"')) return line.split(',');
  const fields: string[] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/y;
  for (;;) {
    const match = field.exec(line);
    // Text after a closing quote is not CSV, so the line is split at its commas.
    if (match === null) return line.split(',');
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2]!);
    if (match[3] === '') return fields;
  }
}
