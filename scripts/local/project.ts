// Where the project and its local state are on disk.

import path from 'node:path';

export const PROJECT_DIR = path.resolve(import.meta.dirname, '../..');
/** Wrangler's own default for local state. */
export const DEFAULT_STATE_DIR = path.join(PROJECT_DIR, '.wrangler/state');
