// The form of an identifier of a user, an item, an event or an answer. It appears in URLs, logs and file keys.

import { z } from 'zod';

export const ID_LENGTH_MAX = 128;

// No white space, no control characters (\p{C} also covers lone surrogates), nothing with a meaning in a URL.
const ID_PATTERN = /^[^\s\p{C}/\\?#%]+$/u;

/**
 * 1–128 characters without white space, control characters and `/ \ ? # %`; not `.` or `..`, which a URL resolves away.
 */
export const Id = z
  .string()
  .min(1)
  .max(ID_LENGTH_MAX)
  // Not .regex(): JSON Schema's patterns have no flags.
  .refine((id) => ID_PATTERN.test(id), 'must not contain white space, control characters or any of / \\ ? # %')
  .refine((id) => id !== '.' && id !== '..', 'must not be . or ..');
