import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ItemInput } from '../../../models/contracts/item.ts';
import { Preferences } from '../../../models/contracts/preferences.ts';
import { RuleInput } from '../../../models/contracts/rule.ts';
import { app } from '../../../workers/online/app.ts';
import type { ApiDocument } from './operations.ts';
import { drawValue, type Grammar, type Schema } from './schema.ts';

const RUNS = 300;
const drawAll = (schema: Schema, isBroken: boolean, { schemas = {}, named = {} }: Partial<Grammar> = {}) =>
  fc.sample(drawValue(schema, { schemas, named, isBroken }), { numRuns: RUNS, seed: 1 });
const toSchema = (schema: z.ZodType) => z.toJSONSchema(schema, { io: 'input' }) as Schema;
const countValid = (schema: z.ZodType, values: readonly unknown[]) =>
  values.filter((value) => schema.safeParse(value).success).length;

test('valid values mostly pass the validation of the API, and broken ones mostly do not', async () => {
  const document = (await (
    await app.request('/openapi.json', {}, { ADDRESS_REQUESTS_PER_MINUTE: 'unlimited' })
  ).json()) as ApiDocument;
  const { schemas } = document.components;
  for (const [name, schema] of Object.entries({ ItemInput, Preferences, RuleInput })) {
    const draw = (isBroken: boolean) => drawAll({ $ref: `#/components/schemas/${name}` }, isBroken, { schemas });
    // Not all: JSON Schema cannot say everything that zod checks.
    expect(countValid(schema, draw(false)), name).toBeGreaterThan(RUNS / 5);
    expect(countValid(schema, draw(true)), name).toBeLessThan(RUNS / 3);
    expect(countValid(schema, draw(true)), name).toBeLessThan(countValid(schema, draw(false)));
  }
});

test('bounds, choices and patterns are kept', () => {
  const schema = z.object({
    n: z.number().int().min(3).max(5),
    country: z.string().regex(/^[A-Z]{2}$/),
    kind: z.enum(['a', 'b']),
    list: z.array(z.union([z.null(), z.boolean()])).min(1),
  });
  expect(countValid(schema, drawAll(toSchema(schema), false))).toBe(RUNS);
});

test('a property takes the values of its name', () => {
  const values = drawAll(toSchema(z.object({ userId: z.string() })), false, { named: { userId: fc.constant('ann') } });
  expect(new Set(values.map((value) => JSON.stringify(value)))).toEqual(new Set(['{"userId":"ann"}']));
});
