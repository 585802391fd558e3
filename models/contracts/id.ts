// What an identifier may be: of a user, an item, an event, an answer. It travels in URLs, logs and file keys.

import { z } from 'zod';

export const ID_LENGTH_MAX = 128;

// No white space or control characters (\p{C} also covers lone surrogates), nothing a URL gives a meaning to.
const ID_PATTERN = /^[^\s\p{C}/\\?#%]+$/u;

/** 1–128 characters, no white space, control characters or any of `/ \ ? # %`; not `.` or `..`, which a URL resolves away. */
export const Id = z
  .string()
  .min(1)
  .max(ID_LENGTH_MAX)
  // Not .regex(): the API document could not say the pattern in JSON Schema's dialect, which has no flags.
  .refine((id) => ID_PATTERN.test(id), 'must not hold white space, control characters or any of / \\ ? # %')
  .refine((id) => id !== '.' && id !== '..', 'must not be . or ..');
