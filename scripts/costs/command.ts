// The definition of `npm run costs`: its flags and help.

import { createCommand } from '../terminal/command.ts';
import { jsonOption, parseWholeNumber } from '../terminal/options.ts';

/** A store with a million galleries a month gets one in this time. */
const PACE_MS = 2_600;
const PLAYERS = 40;

const AFTER = `
Runs the Worker in workerd over a store of its own, with a counter around each binding. Players request galleries and
send events, a calm store's every few seconds, a busy store's one after the other; the crons run. What each of these
uses is then priced: a million of each, a month with a million events and a million galleries in a calm store, and a
month with a hundred million of both in a busy one, beside Amazon Personalize for the same load. The prices and their
sources are in scripts/costs/prices.ts.

The pace decides how many requests share a batch of a queue, and how many a reading of the published state: the default
is that of a million galleries a month in one isolate. Takes ten minutes. Needs Linux.

Examples:
  npm run costs
  npm run -s costs -- --json`;

export const createCostsCommand = () =>
  createCommand('costs', 'Counts what events and galleries use on Cloudflare, and what that costs.')
    .option('--players <n>', 'players in each phase', parseWholeNumber(1, 500), PLAYERS)
    .option('--pace <ms>', 'time between two requests of a calm store', parseWholeNumber(0), PACE_MS)
    .addOption(jsonOption())
    .addHelpText('after', AFTER);

export type CostsFlags = ReturnType<ReturnType<typeof createCostsCommand>['opts']>;
