// The players' Durable Objects: signals, outbox, preferences, backup gallery and notices.

import { countAll, type PersonalDataStore } from './store.ts';

type PlayerObject = ReturnType<Env['USER_SIGNALS']['getByName']>;

const ROWS_PER_PAGE = 500;

export function openObjectStore(objects: Env['USER_SIGNALS']): PersonalDataStore {
  async function* readRows(userIds: readonly string[], until: number) {
    for (const userId of userIds) {
      const object = objects.getByName(userId);
      for (const table of await object.listHeldTables()) yield* readTable(object, userId, table, until);
    }
  }
  return {
    name: 'object',
    readRows,
    countRows: (userIds, until) => countAll(readRows(userIds, until)),
    async eraseRows(userIds, until) {
      for (const userId of userIds) await objects.getByName(userId).erase(until);
      return true;
    },
  };
}

async function* readTable(object: PlayerObject, userId: string, table: string, until: number) {
  let last = 0;
  for (;;) {
    const page = await object.readHeldRows(table, last, ROWS_PER_PAGE, until);
    for (const { row, ...columns } of page) yield { userId, table, ...columns };
    if (page.length < ROWS_PER_PAGE) return;
    last = page.at(-1)!.row;
  }
}
