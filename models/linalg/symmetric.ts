// A symmetric matrix stored as its lower half, in horizontal panels of `block` rows, so that the operands of block
// algorithms are contiguous. Computes nothing.

export class SymmetricMatrix {
  readonly size: number;
  readonly block: number;
  /**
   * Panel p holds rows p·block up to its end, row by row, with columns 0 up to the same end. The elements above the
   * diagonal, in the last square of a panel, are never read.
   */
  readonly panels: readonly Float32Array[];

  constructor(size: number, block: number) {
    this.size = size;
    this.block = block;
    this.panels = Array.from(
      { length: Math.ceil(size / block) },
      (_, panel) => new Float32Array(this.rowsOf(panel) * this.endOf(panel)),
    );
  }

  /** First row, and column, after the panel. */
  endOf(panel: number): number {
    return Math.min(this.size, (panel + 1) * this.block);
  }

  rowsOf(panel: number): number {
    return this.endOf(panel) - panel * this.block;
  }

  /** Row ≥ column. */
  get(row: number, column: number): number {
    const panel = Math.floor(row / this.block);
    return this.panels[panel]![(row - panel * this.block) * this.endOf(panel) + column]!;
  }

  /** Row ≥ column. */
  add(row: number, column: number, value: number): void {
    const panel = Math.floor(row / this.block);
    this.panels[panel]![(row - panel * this.block) * this.endOf(panel) + column]! += value;
  }

  /** Copies the columns whose indices are the panel's rows to `out` [size, rowsOf(panel)], row by row. */
  readColumns(panel: number, out: Float32Array): void {
    const { width, from, end, own } = this.#describe(panel);
    for (let r = 0; r < width; r++) for (let c = 0; c < from; c++) out[c * width + r] = own[r * end + c]!;
    this.#eachRowFrom(panel, from, (row, data, at) => out.set(data.subarray(at, at + width), row * width));
    for (let r = 0; r < width; r++)
      for (let c = r + 1; c < width; c++) out[(from + r) * width + c] = out[(from + c) * width + r]!;
  }

  /** The reverse of readColumns. */
  writeColumns(panel: number, columns: Float32Array): void {
    const { width, from, end, own } = this.#describe(panel);
    for (let r = 0; r < width; r++) for (let c = 0; c < from; c++) own[r * end + c] = columns[c * width + r]!;
    this.#eachRowFrom(panel, from, (row, data, at) => data.set(columns.subarray(row * width, (row + 1) * width), at));
  }

  #describe(panel: number) {
    return {
      width: this.rowsOf(panel),
      from: panel * this.block,
      end: this.endOf(panel),
      own: this.panels[panel]!,
    };
  }

  /**
   * Visits each row of this panel and of those below: its index, its panel's data, and the offset of `column` there.
   */
  #eachRowFrom(panel: number, column: number, visit: (row: number, data: Float32Array, at: number) => void): void {
    for (let p = panel; p < this.panels.length; p++)
      for (let r = 0; r < this.rowsOf(p); r++) visit(p * this.block + r, this.panels[p]!, r * this.endOf(p) + column);
  }
}
