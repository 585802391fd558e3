// Calls /v1/dead-letters of a Worker.

import {
  DEAD_LETTERS_PAGE_MAX,
  type DeadLetterDetail,
  type DeadLetterSummary,
} from '../../models/contracts/dead-letter.ts';
import { openWorker } from '../local/call-worker.ts';

/** As the API takes it; an absent condition limits nothing. */
export interface Filter {
  queue?: string | undefined;
  reason?: string | undefined;
  from?: string | undefined;
  until?: string | undefined;
}

export interface DeadLetterClient {
  /** The newest, newest first. */
  list(filter: Filter, limit: number): Promise<DeadLetterSummary[]>;
  read(letterId: string): Promise<DeadLetterDetail>;
  replay(letterId: string): Promise<void>;
  /** Returns the number of letters. */
  replayAll(filter: Filter): Promise<number>;
  delete(letterId: string): Promise<void>;
  /** Returns the number of letters. */
  deleteAll(filter: Filter): Promise<number>;
}

/** `key`: one with the scope `admin`. */
export function openDeadLetterClient(url: string, key: string): DeadLetterClient {
  const call = openWorker(url, key, 'npm run dead-letters -- list');
  const pathOf = (letterId: string) => `/v1/dead-letters/${encodeURIComponent(letterId)}`;
  return {
    list: async (filter, limit) => {
      const listed: DeadLetterSummary[] = [];
      let cursor: string | undefined;
      do {
        const size = String(Math.min(DEAD_LETTERS_PAGE_MAX, limit - listed.length));
        const query = writeQuery({ ...filter, limit: size, cursor });
        const page = (await call('GET', `/v1/dead-letters${query}`)) as {
          letters: DeadLetterSummary[];
          cursor: string | null;
        };
        listed.push(...page.letters);
        cursor = page.cursor ?? undefined;
      } while (cursor !== undefined && listed.length < limit);
      return listed;
    },
    read: async (letterId) => (await call('GET', pathOf(letterId))) as DeadLetterDetail,
    replay: async (letterId) => {
      await call('POST', `${pathOf(letterId)}/replay`);
    },
    replayAll: (filter) => repeat(() => call('POST', '/v1/dead-letters/replay', filter)),
    delete: async (letterId) => {
      await call('DELETE', pathOf(letterId));
    },
    deleteAll: (filter) => repeat(() => call('DELETE', `/v1/dead-letters${writeQuery({ ...filter })}`)),
  };
}

function writeQuery(parameters: Record<string, string | undefined>): string {
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? '' : `?${new URLSearchParams(given)}`;
}

/** One request takes a limited number. */
async function repeat(request: () => Promise<unknown>): Promise<number> {
  for (let total = 0; ; ) {
    const { letters, remaining } = (await request()) as { letters: number; remaining: number };
    total += letters;
    if (remaining === 0 || letters === 0) return total;
  }
}
