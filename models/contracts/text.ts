// The form of a piece of text that is stored, logged and shown.

import { z } from 'zod';

// Control characters (a NUL ends a string in SQL) and lone surrogates (UTF-8 cannot hold them).
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** Trimmed, 1 to `max` UTF-16 units, without control characters and lone surrogates. */
export const text = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .refine((value) => !UNPRINTABLE.test(value), 'must not contain control characters or lone surrogates');
