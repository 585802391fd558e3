// The job that forgets slates: the ranking model learns from those of the last weeks.

import { deleteOldSlates } from '../storage/slates.ts';
import type { Stores } from '../storage/stores.ts';

const KEPT_DAYS = 30;
const DAY_MS = 86_400_000;

/** Returns the number of rows deleted. */
export const forgetSlates = ({ DB }: Stores, now: number): Promise<number> =>
  deleteOldSlates(DB, now - KEPT_DAYS * DAY_MS);
