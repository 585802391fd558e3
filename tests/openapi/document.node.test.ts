// The API document: a linter accepts it, its examples match their schemas and the made-up store, and a generated client
// compiles.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import openapiTypescript, { astToString, type OpenAPI3 } from 'openapi-typescript';
import { beforeAll, expect, it } from 'vitest';
import { PROJECT_DIR } from '../../scripts/local/project.ts';
import { makeCatalogue } from '../../scripts/world/catalogue.ts';
import { app } from '../../workers/online/app.ts';
import { WORLD_NOW } from '../world-date.ts';

interface Operation {
  operationId: string;
  tags: string[];
  responses: Record<string, { content?: Record<string, { example?: unknown }> }>;
}
interface Document {
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
}
let source: string;
const parse = (): Document => JSON.parse(source);
const listOperations = (document: Document) => Object.values(document.paths).flatMap((path) => Object.values(path));

/** Returns one line for each error and warning. */
async function lint(text: string): Promise<string[]> {
  // The library alone: linting a text needs no CLI.
  const config = await createConfig({
    extends: ['recommended'],
    rules: { 'no-invalid-media-type-examples': 'error', 'no-invalid-schema-examples': 'error' },
  });
  const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config });
  return problems.map(({ ruleId, message, location }) => `${ruleId}: ${message} ${location[0]?.pointer}`);
}

beforeAll(async () => {
  source = await (await app.request('/openapi.json', {}, { ADDRESS_REQUESTS_PER_MINUTE: 'unlimited' })).text();
});

it('passes the recommended rules of a linter, with an example for each JSON answer', async () => {
  expect(await lint(source)).toEqual([]);
  const document = parse();
  const operations = listOperations(document);
  const without = operations.flatMap(({ operationId, responses }) =>
    Object.values(responses)
      .map(({ content }) => content?.['application/json'])
      .filter((json) => json !== undefined && json.example === undefined)
      .map(() => operationId),
  );
  expect(without).toEqual([]);
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  expect(document.tags.map(({ name }) => name).toSorted()).toEqual(
    [...new Set(operations.flatMap(({ tags }) => tags))].toSorted(),
  );
});

it('is refused by the linter with an example that is not true of its schema', async () => {
  const document = parse();
  document.paths['/v1/items/popular']!.get!.responses['200']!.content!['application/json']!.example = { items: 1 };
  expect((await lint(JSON.stringify(document))).join('\n')).toContain('no-invalid-media-type-examples');
});

it('names only games of the made-up store in its examples', () => {
  const itemIds = new Set(makeCatalogue(1, WORLD_NOW).map(({ itemId }) => itemId));
  const named = [...source.matchAll(/"itemId":"([^"]+)"/g), ...source.matchAll(/"because-([^"]+)"/g)];
  expect(named.length).toBeGreaterThan(10);
  expect(named.map(([, itemId]) => itemId!).filter((itemId) => !itemIds.has(itemId))).toEqual([]);
});

/** Uses the generated types; each `@ts-expect-error` is an error if the line below it compiles. */
const CLIENT = `
import type { operations, paths } from './schema.ts';

type Json<T> = T extends { content: { 'application/json': infer Body } } ? Body : never;
export type Gallery = Json<operations['getGallery']['responses'][200]>;
export type Events = Json<NonNullable<paths['/v1/events']['post']['requestBody']>>;

export const titles = (gallery: Gallery): string[] =>
  gallery.rows.flatMap((row) => row.items.map(({ item }) => item?.title ?? row.title));
export const click: Events = {
  events: [{ id: 'click-1', userId: 'player-0001', type: 'click', itemId: 'wynmere' }],
};
export const query: NonNullable<operations['getPopular']['parameters']['query']> = { n: 5, genre: 'Strategy' };
// @ts-expect-error: there is no such type of event.
export const misspelt: Events = { events: [{ id: '1', userId: 'a', type: 'clicked' }] };
// @ts-expect-error: a gallery has rows, not items.
export const absent = (gallery: Gallery) => gallery.items;
export type Problem = operations['getGallery']['responses'][403]['content']['application/problem+json'];
export const explain = ({ detail }: Problem): string => detail ?? '';
`;

const STRICT = { strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true };

it('gives a client whose types compile strictly', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bloodstream-client-'));
  try {
    const types = await openapiTypescript(JSON.parse(source) as OpenAPI3);
    writeFileSync(path.join(folder, 'schema.ts'), astToString(types));
    writeFileSync(path.join(folder, 'client.ts'), CLIENT);
    const compilerOptions = { ...STRICT, noEmit: true, allowImportingTsExtensions: true, module: 'esnext', types: [] };
    writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    const compiler = path.join(PROJECT_DIR, 'node_modules', 'typescript', 'bin', 'tsc');
    let output = '';
    try {
      execFileSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
    } catch (error) {
      output = String((error as { stdout: string }).stdout);
    }
    expect(output).toBe('');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
