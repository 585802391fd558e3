// Opens the files of an import or an evaluation: recognises them, digests them, and says how each is read.

import { createHash } from 'node:crypto';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Format } from './formats.ts';
import { listUnread, type Match, selectRows } from './match-shape.ts';
import type { Preset } from './presets.ts';
import { recognise, type SourceRequest } from './recognise.ts';
import { type Encoding, type FileContent, readContent } from './source-file.ts';

export interface Source {
  format: Format;
  preset: Preset;
  /** One SELECT per file. */
  eventSelects: readonly string[];
  /** One file may hold both kinds, or either one. */
  mayLackKind: boolean;
  itemSelects: readonly string[];
  /** Digests of what the files contain and of how it is read, whatever the files are called. */
  eventsDigest: string;
  itemsDigest: string;
  /** Names of the files that are read, with an encoding other than UTF-8. */
  read: readonly string[];
  ignored: readonly string[];
  /** Columns that are not read, of files that are. */
  unreadColumns: readonly { file: string; columns: readonly string[] }[];
}

/** Reads every file once. Throws if one cannot be read, or none fits. */
export async function openSource(connection: DuckDBConnection, request: SourceRequest): Promise<Source> {
  const { format, preset, events, items, ignored } = await recognise(connection, request);
  const contents = new Map<string, FileContent>();
  for (const { head } of [...events, ...items])
    if (!contents.has(head.path)) {
      const content = await readContent(head);
      const encoding = head.kind === 'parquet' ? 'utf-8' : (request.encoding ?? content.encoding);
      if (head.kind === 'json' && encoding !== 'utf-8') throw new Error(explainJsonEncoding(head.path, encoding));
      contents.set(head.path, { ...content, encoding });
    }
  const select = (match: Match) => selectRows(match, contents.get(match.head.path)!.encoding);
  const digest = (matches: readonly Match[]) =>
    createHash('sha256')
      .update(
        matches
          .map(({ head, shape }) => {
            const { sha256, encoding } = contents.get(head.path)!;
            return `${sha256} ${encoding} ${shape.select}`;
          })
          .sort()
          .join('\n'),
      )
      .digest('hex');
  return {
    format,
    preset,
    eventSelects: events.map(select),
    mayLackKind: items.length > 0 && items.every(({ head }) => events.some((event) => event.head.path === head.path)),
    itemSelects: items.map(select),
    eventsDigest: digest(events),
    itemsDigest: digest(items),
    read: Array.from(contents, ([file, { encoding }]) =>
      encoding === 'utf-8' ? path.basename(file) : `${path.basename(file)} (${encoding.toUpperCase()})`,
    ),
    ignored: ignored.map((file) => path.basename(file)),
    unreadColumns: [...Map.groupBy([...events, ...items], ({ head }) => head.path)]
      .map(([file, matches]) => ({ file: path.basename(file), columns: listUnread(matches) }))
      .filter(({ columns }) => columns.length > 0),
  };
}

const ICONV_NAMES: Record<Encoding, string> = { 'utf-8': 'UTF-8', 'utf-16': 'UTF-16', 'latin-1': 'LATIN1' };

/** DuckDB reads JSON only in UTF-8, and drops all other lines. */
function explainJsonEncoding(file: string, encoding: Encoding): string {
  const name = path.basename(file);
  return (
    `${name} is JSON in ${encoding.toUpperCase()}, and JSON is read in UTF-8: convert it first, e.g. ` +
    `iconv -f ${ICONV_NAMES[encoding]} -t UTF-8`
  );
}
