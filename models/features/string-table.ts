// Tables of strings that columns refer to by number. They only grow: a number stays valid for good. Maps are filled
// when a string is looked up: most isolates never look for a developer.

export class StringTable {
  /** By number. */
  readonly strings: string[];
  readonly #numbers = new Map<string, number>();

  /** Takes the strings over; none may occur twice. */
  constructor(strings: string[] = []) {
    this.strings = strings;
  }

  get length(): number {
    return this.strings.length;
  }

  /** Returns the string's number, a new one if it is not in the table. */
  add(text: string): number {
    const known = this.find(text);
    if (known >= 0) return known;
    this.#numbers.set(text, this.strings.length);
    return this.strings.push(text) - 1;
  }

  /** −1 if it is not in the table. */
  find(text: string): number {
    const { strings } = this;
    for (let number = this.#numbers.size; number < strings.length; number++)
      this.#numbers.set(strings[number]!, number);
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
  readonly #byNumber: number[] = [];
  readonly #folds = new Map<string, number>();

  /** By number. */
  get folds(): readonly number[] {
    this.#follow();
    return this.#byNumber;
  }

  /** −1 if the table has it in no case. */
  findFold(text: string): number {
    this.#follow();
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

  #follow(): void {
    const { strings } = this;
    for (let number = this.#byNumber.length; number < strings.length; number++) {
      const folded = strings[number]!.toLowerCase();
      const fold = this.#folds.get(folded) ?? this.#folds.size;
      this.#folds.set(folded, fold);
      this.#byNumber.push(fold);
    }
  }
}
