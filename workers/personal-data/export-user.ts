// Everything that is held of a player, as JSON lines. A page of a store is in memory at a time.

import type { PersonalDataStore } from './store.ts';

/** The store of the last line, which says that nothing is missing. */
export const END_OF_EXPORT = 'export';
const LINES_PER_CHUNK = 200;

/** `userIds`: the player and merged guests. An error ends the stream before its last line. */
export function exportUser(
  stores: readonly PersonalDataStore[],
  userIds: readonly string[],
): ReadableStream<Uint8Array> {
  const chunks = encodeChunks(listLines(stores, userIds));
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}

async function* listLines(stores: readonly PersonalDataStore[], userIds: readonly string[]): AsyncGenerator<string> {
  let rows = 0;
  for (const store of stores)
    for await (const row of store.readRows(userIds, Number.MAX_SAFE_INTEGER)) {
      yield JSON.stringify({ store: store.name, ...row });
      rows++;
    }
  yield JSON.stringify({ store: END_OF_EXPORT, complete: true, rows });
}

async function* encodeChunks(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let chunk: string[] = [];
  for await (const line of lines) {
    chunk.push(`${line}\n`);
    if (chunk.length === LINES_PER_CHUNK) {
      yield encoder.encode(chunk.join(''));
      chunk = [];
    }
  }
  if (chunk.length > 0) yield encoder.encode(chunk.join(''));
}
