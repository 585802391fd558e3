// What one answer is asked for, and the means to answer it.

import type { Assignment } from '../../models/contracts/assignment.ts';
import type { RequestContext } from '../../models/contracts/context.ts';
import type { Degradation } from '../../models/contracts/gallery.ts';
import type { Policy } from '../../models/contracts/policy.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import type { Budget } from './budget.ts';
import type { Isolate } from './isolate.ts';
import type { UserStateRead } from './read-signals.ts';
import type { Models } from './run-models.ts';

export interface RecommendationRequest {
  env: Env;
  /** Undefined for an answer that is the same for everybody. */
  userId: string | undefined;
  /** The player's signals, if the caller has them; otherwise they are read from the player's object. */
  user?: UserState;
  /** The answer of the player's object, if the caller already has it. */
  reading?: Promise<UserStateRead>;
  context: RequestContext;
  /** True if the player's object is to keep the context, and to compose later galleries for it. */
  keepsContext?: boolean;
  /** Id of an earlier answer that this one continues, in the same order. */
  recommendationId?: string | undefined;
  /** Another policy than `full`: the player is in no experiment then. */
  policy?: Policy | undefined;
  /** Variants to look at, in place of the player's own. */
  variants?: readonly Assignment[] | undefined;
  budget: Budget;
  /** The reason that the answer must be cheap; undefined for an ordinary one. */
  shedReason?: Degradation | undefined;
  /** The isolate that this code runs in, unless given. */
  isolate?: Isolate;
  /** Runs the models: for this answer alone, unless given. */
  models?: Models;
  waitUntil(promise: Promise<unknown>): void;
}
