// A table of strings that columns refer to by number. It only grows: a number stays valid for good.

export class StringTable {
  /** By number. */
  readonly strings: string[] = [];
  /** By number, the same for strings that differ only in case. */
  readonly folds: number[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #folds = new Map<string, number>();

  get length(): number {
    return this.strings.length;
  }

  /** Returns the string's number, a new one if it is not in the table. */
  add(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.strings.length;
    const folded = text.toLowerCase();
    const fold = this.#folds.get(folded) ?? this.#folds.size;
    this.strings.push(text);
    this.folds.push(fold);
    this.#numbers.set(text, number);
    this.#folds.set(folded, fold);
    return number;
  }

  /** −1 if it is not in the table. */
  find(text: string): number {
    return this.#numbers.get(text) ?? -1;
  }

  /** −1 if the table has it in no case. */
  findFold(text: string): number {
    return this.#folds.get(text.toLowerCase()) ?? -1;
  }

  /** Leaves out what the table has in no case. */
  findFolds(texts: readonly string[]): ReadonlySet<number> {
    return new Set(texts.map((text) => this.findFold(text)).filter((fold) => fold >= 0));
  }
}
