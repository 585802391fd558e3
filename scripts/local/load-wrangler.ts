// Loads wrangler when a command needs it: that takes longer than most commands themselves. `import()` would take longer
// still: wrangler's package does not say that it is CommonJS, so Node parses 13 MB once more to find out.

import { createRequire } from 'node:module';

export const loadWrangler = (): typeof import('wrangler') => createRequire(import.meta.url)('wrangler');
