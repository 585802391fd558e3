// Prints wrangler.toml as JSON, with all environments. It needs a process of its own: loading wrangler replaces the
// connections of `fetch`, after which a broken one ends the process. Argument: the file.

import { loadWrangler } from '../local/load-wrangler.ts';

console.log(JSON.stringify(loadWrangler().experimental_readRawConfig({ config: process.argv[2]! }).rawConfig));
