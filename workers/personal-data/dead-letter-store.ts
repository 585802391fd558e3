// Dead letters that name a player: events, slates and undelivered notifications. A letter with events of several
// players loses only those of the one.

import { type DeadLetter, listDeadLettersWith, rewriteDeadLetter, splitLetter } from '../storage/dead-letters.ts';
import { countAll, type PersonalDataStore } from './store.ts';

/** A message holds at most 128 KB. */
const LETTERS_PER_PAGE = 20;

interface SplitLetter extends DeadLetter {
  own: readonly unknown[];
  rest: string | undefined;
}

export function openDeadLetterStore(db: D1Database): PersonalDataStore {
  async function* readRows(userIds: readonly string[], until: number) {
    for await (const { id, reason, receivedAt, own } of readLetters(db, userIds, until))
      for (const body of own) yield { id, reason, receivedAt, body };
  }
  return {
    name: 'dead-letters',
    readRows,
    countRows: (userIds, until) => countAll(readRows(userIds, until)),
    async eraseRows(userIds, until) {
      for await (const { id, rest } of readLetters(db, userIds, until)) await rewriteDeadLetter(db, id, rest);
      return true;
    },
  };
}

async function* readLetters(db: D1Database, userIds: readonly string[], until: number): AsyncGenerator<SplitLetter> {
  // Bodies are JSON, so an id stands in them as JSON writes it.
  const texts = userIds.map((userId) => JSON.stringify(userId));
  const users = new Map(userIds.map((userId) => [userId, until]));
  let page: DeadLetter[];
  let last = '';
  do {
    page = await listDeadLettersWith(db, texts, last, LETTERS_PER_PAGE);
    for (const letter of page) {
      const { own, rest } = splitLetter(letter, users);
      if (own.length > 0) yield { ...letter, own, rest };
    }
    last = page.at(-1)?.id ?? '';
  } while (page.length === LETTERS_PER_PAGE);
}
