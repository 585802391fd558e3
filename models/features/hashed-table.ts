// A table that gives many strings their numbers. It keeps only the strings' hashes: two of 100,000 strings share one in
// about one table of a million. It only grows: a number stays valid for good.

import { growColumn } from './grow-column.ts';

const SLOTS_MIN = 16;

export class HashedTable {
  /** Hashes by number. */
  hashes: Float64Array;
  #length: number;
  /** Open addressing: numbers plus one by hash, 0 where free. Filled with the first string that is added. */
  #slots = new Int32Array(0);

  /** Takes the hashes over. */
  constructor(hashes: Float64Array) {
    this.hashes = hashes;
    this.#length = hashes.length;
  }

  get length(): number {
    return this.#length;
  }

  /** Returns the string's number, a new one if it is not in the table. */
  add(text: string): number {
    if (2 * (this.#length + 1) > this.#slots.length) this.#fillSlots();
    const hash = hashText(text);
    const slot = this.#findSlot(hash);
    if (this.#slots[slot]! > 0) return this.#slots[slot]! - 1;
    this.hashes = growColumn(this.hashes, this.#length + 1);
    this.hashes[this.#length] = hash;
    this.#slots[slot] = ++this.#length;
    return this.#length - 1;
  }

  #fillSlots(): void {
    let size = SLOTS_MIN;
    while (size < 2 * (this.#length + 1)) size *= 2;
    this.#slots = new Int32Array(size);
    for (let number = 0; number < this.#length; number++)
      this.#slots[this.#findSlot(this.hashes[number]!)] = number + 1;
  }

  /** The slot that has this hash, or else the free one that it belongs into. */
  #findSlot(hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot]! > 0 && this.hashes[this.#slots[slot]! - 1] !== hash) slot = (slot + 1) & mask;
    return slot;
  }
}

/** 53 bits, as a whole number: cyrb53, by bryc (public domain). */
function hashText(text: string): number {
  let low = 0xdeadbeef;
  let high = 0x41c6ce57;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x9e3779b1);
    high = Math.imul(high ^ unit, 0x5f356495);
  }
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35);
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35);
  return 2 ** 32 * (high & 0x1fffff) + (low >>> 0);
}
