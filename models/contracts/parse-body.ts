// Validates what a client sends, with `null` for an optional field taken as its absence: many clients write it so.

import type { z } from 'zod';

/** Parses again without the fields that are null and may not be; the absence of a required field is the error. */
export function parseBody<S extends z.ZodType>(schema: S, value: unknown): z.ZodSafeParseResult<z.output<S>> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed;
  const nulls = parsed.error.issues.map(({ path }) => path).filter((path) => path.length > 0 && isNull(value, path));
  if (nulls.length === 0) return parsed;
  const copy = structuredClone(value);
  for (const path of nulls) deleteField(copy, path);
  return schema.safeParse(copy);
}

const readField = (value: unknown, name: PropertyKey): unknown =>
  (value as Record<PropertyKey, unknown> | null)?.[name];

const isNull = (value: unknown, path: readonly PropertyKey[]): boolean => path.reduce(readField, value) === null;

/** Leaves lists as they are: their elements are no fields. */
function deleteField(value: unknown, path: readonly PropertyKey[]): void {
  const parent = path.slice(0, -1).reduce(readField, value);
  if (!Array.isArray(parent)) delete (parent as Record<PropertyKey, unknown>)[path.at(-1)!];
}
