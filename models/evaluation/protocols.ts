// The evaluation protocols by name.

import type { Interactions } from '../data/interactions.ts';
import type { Split } from './cases.ts';
import { splitColdStart } from './cold-start.ts';
import { splitLeaveOneOut } from './leave-one-out.ts';
import { splitStrongGeneralisation } from './strong-generalisation.ts';
import { splitTemporal } from './temporal.ts';

export type Protocol = 'leave-one-out' | 'temporal' | 'strong-generalisation' | 'cold-start';

/** Only protocols that draw players use the seed. */
export const PROTOCOLS: Record<Protocol, (all: Interactions, seed: number) => Split> = {
  'leave-one-out': (all) => splitLeaveOneOut(all),
  temporal: (all) => splitTemporal(all),
  'strong-generalisation': splitStrongGeneralisation,
  'cold-start': splitColdStart,
};
