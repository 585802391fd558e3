// A store that holds data of players: the one interface by which data is exported and erased. A new store of players'
// data is one more entry in stores.ts.

export interface PersonalDataStore {
  /** Its name in exports and receipts. */
  name: string;
  /** The users' rows from `until` (epoch milliseconds) or before, a bounded number in memory at a time. */
  readRows(userIds: readonly string[], until: number): AsyncIterable<object>;
  /** The number of those rows. */
  countRows(userIds: readonly string[], until: number): Promise<number>;
  /** Erases those rows, or a portion of them; false if there may be more: call it again with the same array. */
  eraseRows(userIds: readonly string[], until: number): Promise<boolean>;
}

export async function countAll(rows: AsyncIterable<object>): Promise<number> {
  let count = 0;
  for await (const _ of rows) count++;
  return count;
}

/** The same store in several databases as one. */
export const joinStores = (stores: readonly PersonalDataStore[]): PersonalDataStore => ({
  name: stores[0]!.name,
  async *readRows(userIds, until) {
    for (const { readRows } of stores) yield* readRows(userIds, until);
  },
  async countRows(userIds, until) {
    let count = 0;
    for (const { countRows } of stores) count += await countRows(userIds, until);
    return count;
  },
  async eraseRows(userIds, until) {
    for (const { eraseRows } of stores) if (!(await eraseRows(userIds, until))) return false;
    return true;
  },
});
