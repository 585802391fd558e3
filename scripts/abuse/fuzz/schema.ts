// Generates values for a JSON Schema with fast-check: valid ones, and ones that break the schema in places. It supports
// the keywords that this project's API document uses.

import fc from 'fast-check';

export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  example?: unknown;
}
export type Schemas = Record<string, Schema>;

export interface Grammar {
  schemas: Schemas;
  /** Values by name of property or parameter, such as ids of existing players. */
  named: Readonly<Record<string, fc.Arbitrary<unknown>>>;
  /** True: any value may be replaced by an odd one, and required properties may be missing. */
  isBroken: boolean;
}

/** More would only make requests longer. */
const ITEMS_MAX = 4;
const TEXT_LENGTH_MAX = 60;
const INTEGER_MAX = 2 ** 40;
const NUMBER_MAX = 1e12;
const DEPTH = 2_000;
const ODD_SHARE = 10;

const nest = (depth: number): unknown => {
  let nested: unknown = 1;
  for (let level = 0; level < depth; level++) nested = level % 2 === 0 ? [nested] : { a: nested };
  return nested;
};

/** Values that often cause bugs. */
export const ODD_VALUES: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', 0, -1, 0.5, 1e308, -1e308, 2 ** 53, 2 ** 31, [], {}, [[]], [null]),
  fc.constantFrom('\u0000', '\ud800', '\u202e', '🎮', 'constructor', '__proto__', 'toString', 'NaN', '1e999', '-0'),
  fc.constantFrom("'; drop table items; --", '" or 1=1', '%00', '%', '*', '"', '\\', '../..', '{{1}}', '<script>'),
  fc.constantFrom('x'.repeat(129), 'x'.repeat(5_000), '9'.repeat(400), '2026-02-30', '0000-01-01', '+275760-09-13'),
  fc.constant({ __proto__: null, constructor: { prototype: {} }, length: -1 }),
  fc.integer({ min: 1, max: DEPTH }).map(nest),
  fc.string({ unit: 'binary', maxLength: TEXT_LENGTH_MAX }),
  fc.jsonValue({ maxDepth: 3 }),
);

export function drawValue(schema: Schema, grammar: Grammar, name = ''): fc.Arbitrary<unknown> {
  const usual = grammar.named[name] ?? drawUsual(schema, grammar, name);
  if (!grammar.isBroken) return usual;
  return fc.oneof({ weight: ODD_SHARE - 1, arbitrary: usual }, { weight: 1, arbitrary: ODD_VALUES });
}

function drawUsual(schema: Schema, grammar: Grammar, name: string): fc.Arbitrary<unknown> {
  if (schema.$ref !== undefined) return drawValue(resolve(schema.$ref, grammar.schemas), grammar, name);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => drawValue(choice, grammar, name)));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => drawTyped(type, schema, grammar, name)));
  return drawTyped(schema.type, schema, grammar, name);
}

function resolve(reference: string, schemas: Schemas): Schema {
  const schema = schemas[reference.replace('#/components/schemas/', '')];
  if (schema === undefined) throw new Error(`the document has no ${reference}`);
  return schema;
}

function drawTyped(type: string | undefined, schema: Schema, grammar: Grammar, name: string): fc.Arbitrary<unknown> {
  switch (type) {
    case 'object':
      return drawObject(schema, grammar);
    case 'array':
      return drawArray(schema, grammar, name);
    case 'string':
      return drawText(schema);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -INTEGER_MAX, max: schema.maximum ?? INTEGER_MAX });
    case 'number':
      return fc.double({
        min: schema.minimum ?? -NUMBER_MAX,
        max: schema.maximum ?? NUMBER_MAX,
        noNaN: true,
        noDefaultInfinity: true,
      });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case undefined:
      return fc.jsonValue({ maxDepth: 2 });
    default:
      throw new Error(`the type “${type}” is unknown`);
  }
}

function drawObject({ properties = {}, required = [] }: Schema, grammar: Grammar): fc.Arbitrary<unknown> {
  const drawn = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, drawValue(schema, grammar, name)]),
  );
  if (!grammar.isBroken) return fc.record(drawn, { requiredKeys: required });
  const extra = fc.dictionary(fc.constantFrom('extra', 'constructor', 'userid', ''), ODD_VALUES, { maxKeys: 1 });
  const requiredKeys = fc.constantFrom(required, required, required, []);
  return requiredKeys.chain((keys) =>
    fc.tuple(fc.record(drawn, { requiredKeys: keys }), extra).map(([known, more]) => ({ ...known, ...more })),
  );
}

function drawArray({ items = {}, minItems = 0, maxItems = ITEMS_MAX }: Schema, grammar: Grammar, name: string) {
  const maxLength = Math.max(minItems, Math.min(maxItems, ITEMS_MAX));
  return fc.array(drawValue(items, grammar, name.replace(/s$/, '')), { minLength: minItems, maxLength });
}

function drawText({
  pattern,
  format,
  minLength = 0,
  maxLength = TEXT_LENGTH_MAX,
  example,
}: Schema): fc.Arbitrary<unknown> {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern), { maxLength: TEXT_LENGTH_MAX });
  const range = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, TEXT_LENGTH_MAX)) };
  switch (format) {
    case 'date-time':
      return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
    case 'date':
      return fc
        .date({ noInvalidDate: true, min: new Date('0001-01-01'), max: new Date('9999-12-31') })
        .map((date) => date.toISOString().slice(0, 10));
    case 'uuid':
      return fc.uuid();
    default:
      return fc.oneof(
        fc.string(range),
        fc.string({ ...range, unit: 'grapheme' }),
        ...(example === undefined ? [] : [fc.constant(example)]),
      );
  }
}
