// Reads schemas of the API document for /docs: their fields as table rows, and an example. It renders nothing.

/** The parts of JSON Schema that the document uses. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  example?: unknown;
  format?: string;
  pattern?: string;
  description?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
}
/** Resolves a reference to its named schema; returns any other schema unchanged. */
export type Resolve = (schema: Schema) => Schema;

export interface Field {
  /** The full path: `rows[].items[].score`. */
  path: string;
  type: string;
  required: boolean;
  limits: string;
  description: string;
}

/** All fields of an object; the fields of a nested object follow it. */
export function listFields(schema: Schema, resolve: Resolve, prefix = ''): Field[] {
  const { properties = {}, required = [] } = resolve(schema);
  return Object.entries(properties).flatMap(([name, reference]) => {
    const field = resolve(reference);
    const path = `${prefix}${name}`;
    const [inner, mark] = field.items ? [field.items, '[].'] : [field, '.'];
    return [
      { path, required: required.includes(name), ...describe(field, resolve) },
      ...listFields(inner, resolve, path + mark),
    ];
  });
}

/** The type, limits and meaning of a value. */
export function describe(schema: Schema, resolve: Resolve): Pick<Field, 'type' | 'limits' | 'description'> {
  const whole = resolve(schema);
  const limits = [
    (whole.enum ?? (whole.const === undefined ? [] : [whole.const])).join(', '),
    range(whole.minimum, whole.maximum),
    range(whole.minLength, whole.maxLength, 'characters'),
    range(whole.minItems, whole.maxItems, 'entries'),
    whole.format ?? '',
    whole.pattern ? `matches ${whole.pattern}` : '',
    whole.default === undefined ? '' : `default ${JSON.stringify(whole.default)}`,
  ];
  return {
    type: nameType(whole, resolve),
    limits: limits.filter((limit) => limit !== '').join(' · '),
    description: whole.description ?? '',
  };
}

function nameType(schema: Schema, resolve: Resolve): string {
  if (schema.anyOf) return schema.anyOf.map((one) => nameType(resolve(one), resolve)).join(' or ');
  if (schema.items) return `list of ${nameType(resolve(schema.items), resolve)}`;
  return [schema.type ?? (schema.enum ? 'string' : 'any')].flat().join(' or ');
}

function range(minimum: number | undefined, maximum: number | undefined, unit = ''): string {
  if (minimum === undefined && maximum === undefined) return '';
  const bounds = maximum === undefined ? `at least ${minimum}` : minimum === undefined ? `at most ${maximum}` : '';
  return `${bounds || `${minimum} to ${maximum}`} ${unit}`.trim();
}

/** A small valid value: the required fields, and those with an example. */
export function exampleOf(schema: Schema, resolve: Resolve): unknown {
  const whole = resolve(schema);
  if (whole.example !== undefined) return whole.example;
  if (whole.const !== undefined) return whole.const;
  if (whole.enum) return whole.enum[0];
  if (whole.items) return [exampleOf(whole.items, resolve)];
  if (whole.properties) {
    const { required = [] } = whole;
    const shown = Object.entries(whole.properties).filter(
      ([name, field]) => required.includes(name) || resolve(field).example !== undefined,
    );
    return Object.fromEntries(shown.map(([name, field]) => [name, exampleOf(field, resolve)]));
  }
  const [type] = [whole.type].flat();
  return type === 'string' ? 'text' : type === 'boolean' ? false : (whole.minimum ?? 0);
}
