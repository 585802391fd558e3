// Reads the operations of an API document (OpenAPI 3.1), as far as this project's documents go: path and query
// parameters, JSON bodies, and who may call.

import type { Scope } from '../../../models/contracts/key.ts';
import type { Credential } from '../target/credentials.ts';
import type { Schema, Schemas } from './schema.ts';

export interface ApiDocument {
  paths: Record<string, Record<string, DocumentedOperation>>;
  components: { schemas: Schemas };
}

interface DocumentedOperation {
  operationId: string;
  security: Record<string, Scope[]>[];
  parameters?: { name: string; in: string; schema: Schema }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, unknown>;
}

export interface Operation {
  operationId: string;
  method: string;
  /** Parameters in braces. */
  path: string;
  pathParameters: Record<string, Schema>;
  queryParameters: Record<string, Schema>;
  body: Schema | undefined;
  statuses: readonly number[];
  /** Scopes that a key needs; undefined if anybody may call. */
  scopes: readonly Scope[] | undefined;
  isOpenToPlayers: boolean;
}

export const listOperations = ({ paths }: ApiDocument): Operation[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, documented]) => readOperation(method.toUpperCase(), path, documented)),
  );

function readOperation(
  method: string,
  path: string,
  { operationId, security, parameters = [], requestBody, responses }: DocumentedOperation,
): Operation {
  const schemasIn = (location: string) =>
    Object.fromEntries(parameters.filter((one) => one.in === location).map(({ name, schema }) => [name, schema]));
  return {
    operationId,
    method,
    path,
    pathParameters: schemasIn('path'),
    queryParameters: schemasIn('query'),
    body: requestBody?.content['application/json']?.schema,
    statuses: Object.keys(responses).map(Number),
    scopes: security.find(({ bearer }) => bearer !== undefined)?.bearer,
    isOpenToPlayers: security.some(({ token }) => token !== undefined),
  };
}

/** The status that must refuse the caller; undefined if it may call. Ignores which player's data is named. */
export function refusalOf({ scopes, isOpenToPlayers }: Operation, credential: Credential): 401 | 403 | undefined {
  if (scopes === undefined) return undefined;
  if (credential.userId !== undefined) return isOpenToPlayers ? undefined : 403;
  if (credential.scopes.length === 0) return 401;
  return scopes.every((scope) => opens(credential, scope)) ? undefined : 403;
}

const opens = ({ scopes }: Credential, scope: Scope): boolean => scopes.includes('admin') || scopes.includes(scope);

/** True for keys that may read any player. */
export const readsEveryone = (credential: Credential): boolean => opens(credential, 'read');
