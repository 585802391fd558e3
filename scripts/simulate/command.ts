// The definition of `npm run simulate`: its flags and its help.

import path from 'node:path';
import type { POLICIES } from '../../models/contracts/policy.ts';
import { createCommand } from '../terminal/command.ts';
import { jsonOption, parseWholeNumber, seedOption } from '../terminal/options.ts';
import { GROUP } from './experiments.ts';

export const PLAYERS_MAX = 3_000;
const VISITS_MAX = 100;
const ROUNDS_MAX = 100;

export const createSimulateCommand = () =>
  createCommand('simulate', 'Lets players with known preferences use the store and measures how well it serves them.')
    .option('--players <n>', 'players of each policy and round', parseWholeNumber(2, PLAYERS_MAX), 300)
    .option('--visits <n>', 'visits of each player', parseWholeNumber(1, VISITS_MAX), 4)
    .option(
      '--rounds <n>',
      'rounds with new players; the models are trained before each',
      parseWholeNumber(1, ROUNDS_MAX),
      3,
    )
    .option('--experiments', 'after the rounds, run experiments; --rounds 1 is enough for a ranking model')
    .addOption(seedOption())
    .option('--state <dir>', 'folder of a new store instead of .wrangler/simulation', (dir) => path.resolve(dir))
    .addOption(jsonOption())
    .addHelpText('after', AFTER);

export type Flags = ReturnType<ReturnType<typeof createSimulateCommand>['opts']>;

const POLICY_TEXTS: Record<(typeof POLICIES)[number], string> = {
  popularity: 'popular games, the same for all',
  retrieval: "the retrieval model's order; popular games for a player without history",
  'no-fatigue': 'the same gallery, as if nothing had been shown before',
  full: 'the gallery as the product serves it',
};

const AFTER = `
Makes a store of some 2,000 games and 3,000 players in .wrangler/simulation, which is deleted first, and trains its
models. Then players visit it: they scan a page from the top left, click, play, dismiss, leave and come back. Each
player has a copy under each policy, with the same preferences and the same random numbers:
${Object.entries(POLICY_TEXTS)
  .map(([policy, text]) => `  ${policy.padEnd(12)}${text}`)
  .join('\n')}

With --experiments, other players then come in groups of ${GROUP} until each experiment has its answer, at most
${PLAYERS_MAX}: the canary of a release that lost its ranking model, which is taken back; a better variant; a harmful
one that a guardrail stops; and one question asked by a split and by interleaving.

Examples:
  npm run -s simulate -- --rounds 4 --seed 2 --json
  npm run -s simulate -- --rounds 1 --experiments`;
