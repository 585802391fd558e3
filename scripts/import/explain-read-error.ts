// Replaces the dump of DuckDB's parser for a text file with one line: the cause, and what to do.

import path from 'node:path';

/** Throws the error, reworded if the parser threw it. */
export function throwReadError(error: Error): never {
  if (!/CSV Parser state machine reached an invalid state/.test(error.message)) throw error;
  const file = /^\s*file = (.*)$/m.exec(error.message)?.[1];
  const name = file === undefined ? 'a file' : path.basename(file);
  throw new Error(
    `${name} cannot be cut into lines: its line ends are mixed (LF and CRLF). Make them one first, e.g. sed 's/\\r$//'`,
    { cause: error },
  );
}
