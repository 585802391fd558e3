import { expect, it } from 'vitest';
import { exampleOf, listFields, type Resolve, type Schema } from './docs-schema.ts';

const named: Record<string, Schema> = {
  Game: {
    type: 'object',
    required: ['itemId', 'tier'],
    properties: {
      itemId: { type: 'string', minLength: 1, maxLength: 128, example: 'iron-tide' },
      tier: { type: 'string', enum: ['online', 'statistics'], description: 'Who answered.' },
      price: { type: ['number', 'null'], minimum: 0 },
      at: { anyOf: [{ type: 'integer' }, { type: 'string', format: 'date-time' }] },
    },
  },
};
const resolve: Resolve = (schema) => named[schema.$ref?.split('/').at(-1) ?? ''] ?? schema;
const body: Schema = {
  type: 'object',
  required: ['games'],
  properties: { games: { type: 'array', items: { $ref: '#/components/schemas/Game' }, minItems: 1, maxItems: 100 } },
};

it('lists every field by its path, through references and lists, with its limits in words', () => {
  expect(listFields(body, resolve)).toEqual([
    { path: 'games', type: 'list of object', required: true, limits: '1 to 100 entries', description: '' },
    { path: 'games[].itemId', type: 'string', required: true, limits: '1 to 128 characters', description: '' },
    {
      path: 'games[].tier',
      type: 'string',
      required: true,
      limits: 'online, statistics',
      description: 'Who answered.',
    },
    { path: 'games[].price', type: 'number or null', required: false, limits: 'at least 0', description: '' },
    { path: 'games[].at', type: 'integer or string', required: false, limits: '', description: '' },
  ]);
});

it('makes an example from the required fields and those with an example', () => {
  expect(exampleOf(body, resolve)).toEqual({ games: [{ itemId: 'iron-tide', tier: 'online' }] });
});
