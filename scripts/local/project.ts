// The paths of the project and of its local state.

import path from 'node:path';

export const PROJECT_DIR = path.resolve(import.meta.dirname, '../..');
/** Wrangler's own default for local state. */
export const DEFAULT_STATE_DIR = path.join(PROJECT_DIR, '.wrangler/state');
