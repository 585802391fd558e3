// Generates requests for an operation: parameters and a body, valid or broken, with a credential and headers.

import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Credential } from '../target/credentials.ts';
import { FODDER_PREFIX, VICTIM_PREFIX } from '../target/store.ts';
import { type Operation, refusalOf } from './operations.ts';
import { drawValue, type Grammar, ODD_VALUES } from './schema.ts';

export interface FuzzedRequest {
  operation: Operation;
  credential: Credential;
  method: string;
  /** Includes the query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string | Uint8Array | undefined;
}

const OTHER_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];
const OTHER_TYPES = ['text/plain', 'application/json; charset=utf-16', 'multipart/form-data', '', 'application/xml'];
/** Path segments that are not valid ids. */
const ODD_SEGMENTS = ['', '.', '..', '%2e%2e', '%2f', '%00', '%', '%ff', '%c3%28', '%ed%a0%80', ';', 'a//b', '%252e'];
const DEPTH = 50_000;

export type Grammars = Record<'valid' | 'broken', Grammar>;

/** Any of the operations, by any of the callers. */
export const drawRequest = (
  operations: readonly Operation[],
  credentials: readonly Credential[],
  grammars: Grammars,
): fc.Arbitrary<FuzzedRequest> =>
  fc.oneof(
    ...operations.map((operation) => {
      const anybody = fc.constantFrom(...credentials);
      const allowed = credentials.filter((credential) => refusalOf(operation, credential) === undefined);
      // Otherwise half of the requests would be refused before validation.
      return drawFor(operation, fc.oneof(anybody, fc.constantFrom(...allowed)), grammars);
    }),
  );

function drawFor(
  operation: Operation,
  credential: fc.Arbitrary<Credential>,
  { valid, broken }: Grammars,
): fc.Arbitrary<FuzzedRequest> {
  const drawn = fc.record({
    credential,
    method: rarely(fc.constantFrom(...OTHER_METHODS), fc.constant(operation.method), 30),
    path: rarely(drawPath(operation, broken), drawPath(operation, valid), 4),
    query: rarely(drawQuery(operation, broken), drawQuery(operation, valid), 4),
    headers: drawHeaders(),
    body: operation.body === undefined ? fc.constant(undefined) : drawBody(operation.body, { valid, broken }),
  });
  return drawn.map(({ credential, method, path, query, headers, body }) => ({
    operation,
    credential,
    method,
    path: spareVictims(`${path}${query === '' ? '' : `?${query}`}`, credential),
    headers: { ...headers, ...body?.headers },
    body: typeof body?.bytes === 'string' ? spareVictims(body.bytes, credential) : body?.bytes,
  }));
}

/** Callers that may change any player must not change the victims, whose data is searched for. */
const spareVictims = (text: string, { scopes }: Credential): string =>
  scopes.includes('admin') || scopes.includes('ingest') ? text.replaceAll(VICTIM_PREFIX, FODDER_PREFIX) : text;

/** `odd` once in `times`. */
const rarely = <T>(odd: fc.Arbitrary<T>, usual: fc.Arbitrary<T>, times: number): fc.Arbitrary<T> =>
  fc.oneof({ weight: times - 1, arbitrary: usual }, { weight: 1, arbitrary: odd });

const toText = (value: unknown): string =>
  (typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed().slice(0, 2_000);

function drawPath({ path, pathParameters }: Operation, grammar: Grammar): fc.Arbitrary<string> {
  const segments = Object.fromEntries(
    Object.entries(pathParameters).map(([name, schema]) => {
      const usual = drawValue(schema, grammar, name).map((value) => encodeURIComponent(toText(value)));
      return [name, grammar.isBroken ? rarely(fc.constantFrom(...ODD_SEGMENTS), usual, 3) : usual];
    }),
  );
  return fc.record(segments).map((drawn) => path.replace(/\{(\w+)\}/g, (_, name: string) => drawn[name]!));
}

function drawQuery({ queryParameters }: Operation, grammar: Grammar): fc.Arbitrary<string> {
  const known = Object.fromEntries(
    Object.entries(queryParameters).map(([name, schema]) => [name, drawValue(schema, grammar, name).map(toText)]),
  );
  const requiredKeys = grammar.isBroken || !('q' in known) ? [] : ['q'];
  const drawn = fc.record(known, { requiredKeys }) as fc.Arbitrary<Record<string, string>>;
  if (!grammar.isBroken) return drawn.map((query) => String(new URLSearchParams(query)));
  const extra = fc.constantFrom('', '', '&agelimit=7', '&n=1&n=2', '&%ff=%ff', '&=', '&key=x', '&n[]=1', '&&&');
  return fc.tuple(drawn, extra).map(([query, more]) => String(new URLSearchParams(query)) + more);
}

const drawHeaders = (): fc.Arbitrary<Record<string, string>> =>
  fc.record(
    {
      origin: fc.constantFrom('https://game.example', 'null', 'https://admin.store.example', 'x'),
      accept: fc.constantFrom('text/event-stream', '*/*', 'text/html', ''),
      'accept-language': fc.constantFrom('de-CH', 'x', '*', 'de;q=2', 'x'.repeat(500)),
      'if-none-match': fc.constantFrom('*', '"x"', 'W/"x"', 'x'),
      'last-event-id': fc.constantFrom('1', '-1', 'x', '9'.repeat(30)),
    },
    { requiredKeys: [] },
  );

interface DrawnBody {
  bytes: string | Uint8Array | undefined;
  headers: Record<string, string>;
}

const JSON_TYPE = { 'content-type': 'application/json' };

function drawBody(schema: NonNullable<Operation['body']>, { valid, broken }: Grammars): fc.Arbitrary<DrawnBody> {
  const asJson = (value: unknown): DrawnBody => ({ bytes: JSON.stringify(value), headers: JSON_TYPE });
  const validJson = drawValue(schema, valid).map(asJson);
  const brokenJson = drawValue(schema, broken).map(asJson);
  const packed = brokenJson.map(({ bytes }) => ({
    bytes: gzipSync(bytes ?? ''),
    headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
  }));
  const cut = fc
    .tuple(validJson, fc.nat(100))
    .map(([{ bytes }, length]) => ({ bytes: `${bytes}`.slice(0, length), headers: JSON_TYPE }));
  const deep = fc
    .tuple(fc.constantFrom('[', '{"a":', '{"events":['), fc.integer({ min: 1, max: DEPTH }))
    .map(([open, depth]) => ({ bytes: open.repeat(Math.min(depth, DEPTH / open.length)), headers: JSON_TYPE }));
  const raw = fc.uint8Array({ maxLength: 200 }).map((bytes) => ({ bytes, headers: JSON_TYPE }));
  const typed = fc
    .tuple(validJson, fc.constantFrom(...OTHER_TYPES), fc.constantFrom('', 'br', 'gzip', 'identity'))
    .map(([{ bytes }, type, encoding]) => ({
      bytes,
      headers: { 'content-type': type, ...(encoding !== '' && { 'content-encoding': encoding }) },
    }));
  const anything = ODD_VALUES.map(asJson);
  const none = fc.constant<DrawnBody>({ bytes: undefined, headers: {} });
  return fc.oneof(
    { weight: 10, arbitrary: validJson },
    { weight: 8, arbitrary: brokenJson },
    ...[packed, cut, deep, raw, typed, anything, none].map((arbitrary) => ({ weight: 1, arbitrary })),
  );
}
