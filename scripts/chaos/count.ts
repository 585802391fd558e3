// Compares what was acknowledged with what the log and the objects have. Pure.

export interface Losses {
  /** Acknowledged events that are not there. */
  lost: { object: number; log: number };
  /** Events that are there more than once. */
  doubled: { object: number; log: number };
}

/** Ids of events by user; an id that is there twice is listed twice. */
export type IdsByUser = ReadonlyMap<string, readonly string[]>;

export function countLosses(
  acknowledged: ReadonlyMap<string, ReadonlySet<string>>,
  stores: { object: IdsByUser; log: IdsByUser },
): Losses {
  const count = (store: IdsByUser) => {
    let lost = 0;
    let doubled = 0;
    for (const [userId, ids] of acknowledged) {
      const present = new Set(store.get(userId));
      for (const id of ids) if (!present.has(id)) lost++;
    }
    for (const ids of store.values()) doubled += ids.length - new Set(ids).size;
    return { lost, doubled };
  };
  const object = count(stores.object);
  const log = count(stores.log);
  return {
    lost: { object: object.lost, log: log.lost },
    doubled: { object: object.doubled, log: log.doubled },
  };
}
