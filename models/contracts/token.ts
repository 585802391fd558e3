// The length and the lifetimes of players' tokens.

import { z } from 'zod';

/** Longer than any token that this Worker makes, and than usual ID tokens of other issuers. */
export const TOKEN_LENGTH_MAX = 4_096;
export const TokenText = z.string().min(1).max(TOKEN_LENGTH_MAX);

export const TOKEN_LIFETIME_MIN_S = 60;
export const TOKEN_LIFETIME_DEFAULT_S = 3_600;
/** A token cannot be revoked, so an account's token expires within a day. */
export const TOKEN_LIFETIME_MAX_S = 24 * 3_600;
/** Longer, since a guest has no account to sign in to again. */
export const GUEST_TOKEN_LIFETIME_S = 30 * 24 * 3_600;
/** Allows for clocks that differ. */
export const TOKEN_LEEWAY_S = 60;
