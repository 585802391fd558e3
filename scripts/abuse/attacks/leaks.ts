// Secrets in the server's output and stored files. Run it last: it searches everything that the run has left.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Attack } from '../target/attack.ts';

/** The file from which the Worker reads its secrets. */
const OF_SECRETS = '.dev.vars';
/** A title from the catalogue, which D1 stores. */
const CONTROL = 'Game 59';

export const leaks: Attack = {
  name: 'no key, token or signing key is printed or stored',
  async run({ server: { state }, secrets, credentials }, attempts) {
    const { d } = JSON.parse(secrets.tokenKey) as { d: string };
    const bearers = credentials.filter(({ placeholder }) => placeholder.startsWith('$'));
    const texts = Object.entries({
      ...Object.fromEntries(bearers.map(({ name, bearer }) => [name, bearer!])),
      'the signing key': d,
    });
    let files = 0;
    let bytes = 0;
    let controls = 0;
    for (const file of readdirSync(state, { recursive: true, withFileTypes: true })) {
      if (!file.isFile() || file.name === OF_SECRETS) continue;
      const content = readIfThere(path.join(file.parentPath, file.name));
      files++;
      bytes += content.length;
      if (content.includes(CONTROL)) controls++;
      for (const [name, text] of texts)
        attempts.expect(
          !content.includes(text),
          `${name} is in ${path.relative(state, path.join(file.parentPath, file.name))}`,
        );
    }
    // Otherwise the search might find nothing because it searched the wrong files.
    attempts.expect(controls > 0, `“${CONTROL}”, which the store has, was not found`);
    return `${texts.length} secrets searched for in ${files} files, ${Math.round(bytes / 1e6)} MB`;
  },
};

/** Empty if the file is gone, like the files beside a database that has been closed. */
function readIfThere(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
