// The policies that can compose a page (workers/recommending/policies.ts).

/**
 * full: recommend.ts. no-fatigue: the same for a player who was shown nothing. retrieval: by the retrieval model, then
 * by popularity. popularity: by popularity.
 */
export const POLICIES = ['full', 'no-fatigue', 'retrieval', 'popularity'] as const;
export type Policy = (typeof POLICIES)[number];
