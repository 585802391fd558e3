// The attacks of `npm run abuse`, in the order in which they run.

import type { Attack } from '../target/attack.ts';
import { bodies } from './bodies.ts';
import { hangUps } from './hang-ups.ts';
import { hosts } from './hosts.ts';
import { deadKeys, misplacedKeys } from './keys.ts';
import { merges } from './merges.ts';
import { origins, preflights } from './origins.ts';
import { otherPlayers } from './other-players.ts';
import { overload } from './overload.ts';
import { popularity } from './popularity.ts';
import { unknownParameters } from './queries.ts';
import { rates } from './rates.ts';
import { slowBodies } from './slow-bodies.ts';
import { streams } from './streams.ts';
import { tokens } from './tokens.ts';
import { unknownIds } from './unknown-ids.ts';
import { webhooks } from './webhooks.ts';

export const ATTACKS: readonly Attack[] = [
  // First: it needs statistics that no isolate has read yet.
  popularity,
  preflights,
  origins,
  merges,
  otherPlayers,
  misplacedKeys,
  deadKeys,
  streams,
  tokens,
  hosts,
  unknownParameters,
  unknownIds,
  bodies,
  rates,
  hangUps,
  webhooks,
  overload,
  slowBodies,
];
