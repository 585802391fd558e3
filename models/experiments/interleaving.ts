// Team-draft interleaving: two rankings take turns to put items into one list, and a click is credited to the ranking
// whose item it was (Radlinski, Kurup & Joachims 2008, "How Does Clickthrough Data Reflect Retrieval Quality?").

/** 0: the first ranking, the control's; 1: the second, the variant's. */
export type Team = 0 | 1;

export interface DraftedItem<Item> {
  item: Item;
  team: Team;
}

/**
 * Merges two rankings, best first, into a list of at most `length` items without repetition. In each round, both pick
 * their best remaining item, in random order. A ranking that has run out of items picks no more.
 * `random`: uniform in [0, 1).
 */
export function draftTeams<Item>(
  rankings: readonly [readonly Item[], readonly Item[]],
  length: number,
  random: () => number,
): DraftedItem<Item>[] {
  const drafted: DraftedItem<Item>[] = [];
  const taken = new Set<Item>();
  const next = [0, 0];
  const pick = (team: Team) => {
    const ranking = rankings[team];
    while (next[team]! < ranking.length && taken.has(ranking[next[team]!]!)) next[team]!++;
    if (next[team]! >= ranking.length || drafted.length >= length) return;
    const item = ranking[next[team]!]!;
    taken.add(item);
    drafted.push({ item, team });
  };
  for (let before = -1; drafted.length < length && drafted.length > before; ) {
    before = drafted.length;
    const first: Team = random() < 0.5 ? 0 : 1;
    pick(first);
    pick(first === 0 ? 1 : 0);
  }
  return drafted;
}
