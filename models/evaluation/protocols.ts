// The ways to ask, by name.

import type { Interactions } from '../data/interactions.ts';
import type { Split } from './cases.ts';
import { coldStart } from './cold-start.ts';
import { leaveOneOut } from './leave-one-out.ts';
import { strongGeneralisation } from './strong-generalisation.ts';
import { temporal } from './temporal.ts';

export type Protocol = 'leave-one-out' | 'temporal' | 'strong-generalisation' | 'cold-start';

/** The seed matters where players are drawn. */
export const PROTOCOLS: Record<Protocol, (all: Interactions, seed: number) => Split> = {
  'leave-one-out': (all) => leaveOneOut(all),
  temporal: (all) => temporal(all),
  'strong-generalisation': strongGeneralisation,
  'cold-start': coldStart,
};
