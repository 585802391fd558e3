// Tables of strings that columns refer to by number. They only grow: a number stays valid for good.

export class StringTable {
  /** By number. */
  readonly strings: string[] = [];
  readonly #numbers = new Map<string, number>();

  get length(): number {
    return this.strings.length;
  }

  /** Returns the string's number, a new one if it is not in the table. */
  add(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    this.#numbers.set(text, this.strings.length);
    return this.strings.push(text) - 1;
  }

  /** −1 if it is not in the table. */
  find(text: string): number {
    return this.#numbers.get(text) ?? -1;
  }
}

/** Folds to look for. Nearly always there is only one, which is compared faster than a set is asked. */
export interface Folds {
  readonly size: number;
  /** The only fold; −1 if there are none or several. */
  readonly only: number;
  has(fold: number): boolean;
}

/** Also finds strings in any case: those that differ only in case have the same fold. */
export class FoldedTable extends StringTable {
  /** By number. */
  readonly folds: number[] = [];
  readonly #folds = new Map<string, number>();

  override add(text: string): number {
    const number = super.add(text);
    if (number === this.folds.length) {
      const folded = text.toLowerCase();
      const fold = this.#folds.get(folded) ?? this.#folds.size;
      this.#folds.set(folded, fold);
      this.folds.push(fold);
    }
    return number;
  }

  /** −1 if the table has it in no case. */
  findFold(text: string): number {
    return this.#folds.get(text.toLowerCase()) ?? -1;
  }

  /** Leaves out what the table has in no case. */
  findFolds(texts: readonly string[]): Folds {
    const folds = new Set<number>();
    let last = -1;
    for (const text of texts) {
      const fold = this.findFold(text);
      if (fold < 0) continue;
      last = fold;
      folds.add(fold);
    }
    return { size: folds.size, only: folds.size === 1 ? last : -1, has: (fold) => folds.has(fold) };
  }
}

/** Adds the strings of a table, in order, to an empty one. */
export function fillTable<T extends StringTable>(table: T, strings: readonly string[]): T {
  for (const text of strings) table.add(text);
  return table;
}
