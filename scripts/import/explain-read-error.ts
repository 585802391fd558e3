// Says in one line why DuckDB could not read a text file, and what to do, in place of a dump of its parser.

import path from 'node:path';

/** Throws the error, in our words if it is that of the parser. */
export function throwReadError(error: Error): never {
  if (!/CSV Parser state machine reached an invalid state/.test(error.message)) throw error;
  const file = /^\s*file = (.*)$/m.exec(error.message)?.[1];
  const name = file === undefined ? 'a file' : path.basename(file);
  throw new Error(
    `${name} cannot be cut into lines: its line ends are mixed (LF and CRLF). Make them one first, e.g. sed 's/\\r$//'`,
    { cause: error },
  );
}
