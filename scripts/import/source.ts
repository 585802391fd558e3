// Opens the files of an import or an evaluation: recognises them, digests them, and says how each is read.

import { createHash } from 'node:crypto';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Format } from './formats.ts';
import { type Match, selectRows } from './match-shape.ts';
import type { Preset } from './presets.ts';
import { recognise, type SourceRequest } from './recognise.ts';
import { type FileContent, readContent } from './source-file.ts';

export interface Source {
  format: Format;
  preset: Preset;
  /** One SELECT per file. */
  eventSelects: readonly string[];
  itemSelects: readonly string[];
  /** Digests of what the files contain and of how it is read, whatever the files are called. */
  eventsDigest: string;
  itemsDigest: string;
  /** Names of the files that are read, with an encoding other than UTF-8. */
  read: readonly string[];
  ignored: readonly string[];
}

/** Reads every file once. Throws if one cannot be read, or none fits. */
export async function openSource(connection: DuckDBConnection, request: SourceRequest): Promise<Source> {
  const { format, preset, events, items, ignored } = await recognise(connection, request);
  const contents = new Map<string, FileContent>();
  for (const { head } of [...events, ...items])
    if (!contents.has(head.path)) {
      const content = await readContent(head);
      contents.set(head.path, { ...content, encoding: request.encoding ?? content.encoding });
    }
  const select = (match: Match) => selectRows(match, contents.get(match.head.path)!.encoding);
  const digest = (matches: readonly Match[]) =>
    createHash('sha256')
      .update(
        matches
          .map(({ head, shape }) => `${contents.get(head.path)!.sha256} ${shape.select}`)
          .sort()
          .join('\n'),
      )
      .digest('hex');
  return {
    format,
    preset,
    eventSelects: events.map(select),
    itemSelects: items.map(select),
    eventsDigest: digest(events),
    itemsDigest: digest(items),
    read: Array.from(contents, ([file, { encoding }]) =>
      encoding === 'utf-8' ? path.basename(file) : `${path.basename(file)} (${encoding.toUpperCase()})`,
    ),
    ignored: ignored.map((file) => path.basename(file)),
  };
}
