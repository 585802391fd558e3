// The definition of `npm run abuse`: its flags and its help.

import { createCommand } from '../terminal/command.ts';
import { jsonOption, parseWholeNumber, seedOption } from '../terminal/options.ts';

const REQUESTS = 100_000;

export const createAbuseCommand = () =>
  createCommand('abuse', 'Attacks a server of its own, sends it fuzzed requests, and reports what got through.')
    .option('--requests <n>', 'fuzzed requests', parseWholeNumber(1), REQUESTS)
    .addOption(seedOption('seed of the requests; the state they meet depends on timing'))
    .addOption(jsonOption())
    .addHelpText('after', AFTER);

export type Flags = ReturnType<ReturnType<typeof createAbuseCommand>['opts']>;

const AFTER = `
Runs the Worker in \`wrangler dev\` over an empty store with keys of its own. First come the attacks: forged tokens,
misplaced keys, merges of other players, made-up purchases, spoofed hosts, decompression bombs, webhooks into private
networks, an overload. Then come requests generated from the API document, valid and broken, with each kind of
credential: no answer may be an internal error, take longer than 90 seconds, or show another player's data. A request
that gets a wrong answer is shrunk and printed as a curl command. The exit code is 1 if anything got through.

Example:
  npm run abuse -- --requests 2000`;
