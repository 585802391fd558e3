// The words that text search reads: those of titles, developers and labels, kept up item by item.

import { type PackedCells, PackedLists } from './packed-lists.ts';
import { PackedTable } from './packed-table.ts';
import type { TrigramIndex } from './trigram-index.ts';

export interface PackedWords {
  table: PackedCells<Uint16Array>;
  titles: PackedCells<Uint32Array>;
  developers: PackedCells<Uint32Array>;
  labels: PackedCells<Uint32Array>;
  trigrams: TrigramIndex;
}

export class ItemWords {
  /** Each word with a space on both sides. */
  readonly table: PackedTable;
  /** Numbers of the table by item index. */
  readonly titles: PackedLists<Uint32Array>;
  /** By number of the developer, and of the label. */
  readonly developers: PackedLists<Uint32Array>;
  readonly labels: PackedLists<Uint32Array>;
  /** Index of the words that were taken over. */
  readonly trigrams: TrigramIndex;
  #developers: number;
  #labels: number;

  /** Takes the arrays over. */
  constructor({ table, titles, developers, labels, trigrams }: PackedWords) {
    this.table = new PackedTable(table);
    this.titles = new PackedLists(titles);
    this.developers = new PackedLists(developers);
    this.labels = new PackedLists(labels);
    this.trigrams = trigrams;
    this.#developers = developers.ends.length;
    this.#labels = labels.ends.length;
  }

  writeTitle(index: number, title: string): void {
    this.titles.write(index, this.#number(title));
  }

  /** Takes in the strings that have come into the tables since the last call. */
  follow(developers: readonly string[], labels: readonly string[]): void {
    for (; this.#developers < developers.length; this.#developers++)
      this.developers.write(this.#developers, this.#number(developers[this.#developers]!));
    for (; this.#labels < labels.length; this.#labels++)
      this.labels.write(this.#labels, this.#number(labels[this.#labels]!));
  }

  #number(text: string): number[] {
    return [...new Set(listWords(text))].map((word) => this.table.add(` ${word} `));
  }
}

/** Lower case, without accents. */
export function listWords(text: string): string[] {
  const plain = text.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '');
  return plain.match(/[\p{L}\p{N}]+/gu) ?? [];
}
