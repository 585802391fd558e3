// Texts by index, as UTF-8 in one array: only the texts that an answer shows become strings.

import { type PackedCells, PackedLists } from './packed-lists.ts';

const encoder = new TextEncoder();
/** A byte order mark is part of the text. */
const decoder = new TextDecoder('utf-8', { fatal: false, ignoreBOM: true });

export class TextColumn {
  readonly bytes: PackedLists<Uint8Array>;

  /** Takes the arrays over. */
  constructor(packed: PackedCells<Uint8Array>) {
    this.bytes = new PackedLists(packed);
  }

  /** Empty if nothing was written. */
  read(index: number): string {
    return decoder.decode(this.bytes.read(index));
  }

  write(index: number, text: string): void {
    this.bytes.write(index, encoder.encode(text));
  }
}
