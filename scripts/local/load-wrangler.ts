// Loads wrangler only when a command needs it, because loading it takes longer than most commands do. `import()` would
// take longer still: wrangler's package does not say that it is CommonJS, so Node would parse 13 MB again to find out.

import { createRequire } from 'node:module';

export const loadWrangler = (): typeof import('wrangler') => createRequire(import.meta.url)('wrangler');
