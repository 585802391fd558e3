// Describes the rows that an import leaves out, and defines the error for files that are refused because of them.

export interface Skipped {
  reason: string;
  count: number;
  /** The first ones, as `FILE:LINE` or `row N`. */
  examples: readonly string[];
}

export class FilesRefusedError extends Error {}

export const describeSkipped = ({ reason, count, examples }: Skipped): string =>
  `${count.toLocaleString('en')} × ${reason} (${examples.join(', ')}${count > examples.length ? ', …' : ''})`;
