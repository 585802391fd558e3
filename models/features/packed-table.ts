// A table of many strings, such as the words of all titles, as UTF-16 units in one array, found by hash. It has no
// strings and no map, so a file's table is used as it is. It only grows: a number stays valid for good.

import { type PackedCells, PackedLists } from './packed-lists.ts';

const SLOTS_MIN = 16;
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

export class PackedTable {
  /** By number. */
  readonly units: PackedLists<Uint16Array>;
  #length: number;
  /** Open addressing: numbers plus one by hash, 0 where free. Filled with the first string that is looked up. */
  #slots = new Int32Array(0);

  /** Takes the arrays over; no string may occur twice. */
  constructor(packed: PackedCells<Uint16Array>) {
    this.units = new PackedLists(packed);
    this.#length = packed.ends.length;
  }

  get length(): number {
    return this.#length;
  }

  /** Returns the string's number, a new one if it is not in the table. */
  add(text: string): number {
    const units: number[] = [];
    for (let at = 0; at < text.length; at++) units.push(text.charCodeAt(at));
    if (2 * (this.#length + 1) > this.#slots.length) this.#fillSlots();
    const slot = this.#findSlot(units, 0, units.length);
    if (this.#slots[slot]! > 0) return this.#slots[slot]! - 1;
    const number = this.#length++;
    this.units.write(number, units);
    this.#slots[slot] = number + 1;
    return number;
  }

  /** Also takes in what the file had. */
  #fillSlots(): void {
    let size = SLOTS_MIN;
    while (size < 2 * (this.#length + 1)) size *= 2;
    this.#slots = new Int32Array(size);
    const { cells, starts, ends } = this.units;
    for (let number = 0; number < this.#length; number++)
      this.#slots[this.#findSlot(cells, starts[number]!, ends[number]!)] = number + 1;
  }

  /** The slot that has these units, or else the free one that they belong into. */
  #findSlot(units: ArrayLike<number>, start: number, end: number): number {
    const mask = this.#slots.length - 1;
    let hash = FNV_OFFSET;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ units[at]!, FNV_PRIME);
    let slot = (hash ^ (hash >>> 15)) & mask;
    while (this.#slots[slot]! > 0 && !this.#has(this.#slots[slot]! - 1, units, start, end)) slot = (slot + 1) & mask;
    return slot;
  }

  #has(number: number, units: ArrayLike<number>, start: number, end: number): boolean {
    const { cells, starts, ends } = this.units;
    const offset = starts[number]!;
    if (ends[number]! - offset !== end - start) return false;
    for (let at = start; at < end; at++) if (cells[offset + at - start] !== units[at]) return false;
    return true;
  }
}
