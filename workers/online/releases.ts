// The endpoints of releases: list them, put one into use, pin the one in use. Trainers publish to R2 themselves.

import { z } from '@hono/zod-openapi';
import { Id } from '../../models/contracts/id.ts';
import { ListedRelease, RELEASES_PAGE_MAX, type ReleasePointer } from '../../models/contracts/release.ts';
import type { Result } from '../../models/contracts/result.ts';
import { isBroken } from '../inference/release.ts';
import { isolate } from '../serving/isolate.ts';
import * as storage from '../storage/release-list.ts';
import {
  DAMAGED_POINTER,
  isDamaged,
  readStoredPointer,
  type StoredPointer,
  setPinned,
} from '../storage/release-pointer.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { wholeNumber } from './parameters.ts';
import { ProblemError } from './problems.ts';

const ReleaseParams = z.object({
  version: Id.meta({ param: { name: 'version', in: 'path' }, example: '20260520T120000Z-blend-1f3ab2c4' }),
});
type ReleaseParams = z.output<typeof ReleaseParams>;

const ListQuery = z.object({
  limit: wholeNumber(1, RELEASES_PAGE_MAX).default(10),
  cursor: Id.optional().meta({ description: 'Only releases before this version.' }),
});
const ReleaseInUse = z
  .object({
    version: z.string(),
    previous: z.string().nullable().meta({
      description: 'The previous release: an isolate that starts while the one in use is broken serves it.',
    }),
    pinned: z.boolean().meta({ description: 'True if trainings leave this release in use.' }),
    movedAt: z.iso.datetime(),
  })
  .meta({ id: 'ReleaseInUse' });
type ReleaseInUse = z.output<typeof ReleaseInUse>;
const ListAnswer = z.object({
  inUse: ReleaseInUse.nullable().meta({ description: 'Null before the first release, and if it is unknown.' }),
  failure: z.string().nullable().meta({
    description: 'Why the release in use is unknown, and what to do; null if it is known, or there is none yet.',
  }),
  releases: z.array(ListedRelease).meta({ description: 'Newest first.' }),
  cursor: z.string().nullable().meta({ description: 'Send it to get the next page; null on the last page.' }),
});
const ActivatedRelease = ReleaseInUse.extend({
  failure: z
    .string()
    .nullable()
    .meta({
      description:
        'Why this isolate keeps the previous release: it cannot serve this one, or is still loading it. Null if it ' +
        'serves it.',
    }),
}).meta({ id: 'ActivatedRelease' });

export interface ReleaseStore {
  readPointer(): Promise<StoredPointer>;
  /** Newest first, those before a version if one is given. */
  listReleases(before: string | undefined, limit: number): Promise<ListedRelease[]>;
  findRelease(version: string): Promise<ListedRelease | undefined>;
  activateRelease(version: string): Promise<Result<ReleasePointer, storage.Refusal>>;
  /** Why this isolate does not serve the release that the pointer names. */
  explainRefusal(): string | undefined;
  /** Undefined if another release is in use. */
  setPinned(version: string, pinned: boolean): Promise<ReleasePointer | undefined>;
}

/** A change takes effect in this isolate before it is acknowledged. */
const openReleaseStore = ({ env, executionCtx }: AppContext): ReleaseStore => ({
  readPointer: () => readStoredPointer(env.BUCKET),
  listReleases: (before, limit) => storage.listReleases(env, before, limit),
  findRelease: (version) => storage.findRelease(env, version),
  activateRelease: async (version) => {
    const activated = await storage.activateRelease(env, version, Date.now(), { isBroken });
    if (activated.ok) await isolate.revalidateRelease(env, Date.now(), (work) => executionCtx.waitUntil(work));
    return activated;
  },
  explainRefusal: () => {
    const { value, failure } = isolate.peekRelease();
    const named = isolate.state.peek().value?.parts.release?.version;
    return failure ?? (value?.manifest.version === named ? undefined : 'this isolate is still loading it');
  },
  setPinned: (version, pinned) => setPinned(env.BUCKET, version, pinned),
});

const toReleaseInUse = ({ version, previous, pinned, movedAt }: ReleasePointer): ReleaseInUse => ({
  version,
  previous: previous?.version ?? null,
  pinned,
  movedAt,
});

/** Null also if the pointer is damaged: activating a release mends it. */
async function readInUse({ readPointer }: Pick<ReleaseStore, 'readPointer'>): Promise<ReleaseInUse | null> {
  const { pointer } = await readPointer();
  return pointer === undefined ? null : toReleaseInUse(pointer);
}

export async function getReleases(
  { query: { limit, cursor } }: { query: z.output<typeof ListQuery> },
  store: Pick<ReleaseStore, 'readPointer' | 'listReleases'>,
): Promise<z.output<typeof ListAnswer>> {
  const [stored, releases] = await Promise.all([store.readPointer(), store.listReleases(cursor, limit)]);
  return {
    inUse: stored.pointer === undefined ? null : toReleaseInUse(stored.pointer),
    failure: isDamaged(stored) ? `${DAMAGED_POINTER}.` : null,
    releases,
    cursor: releases.length === limit ? releases.at(-1)!.version : null,
  };
}

export async function getRelease(
  { params: { version } }: { params: ReleaseParams },
  { findRelease }: Pick<ReleaseStore, 'findRelease'>,
): Promise<ListedRelease> {
  const release = await findRelease(version);
  if (release === undefined) throw new ProblemError('not-found', `There is no release “${version}”.`);
  return release;
}

export async function activateRelease(
  { params: { version } }: { params: ReleaseParams },
  store: Pick<ReleaseStore, 'activateRelease' | 'explainRefusal'>,
): Promise<z.output<typeof ActivatedRelease>> {
  const activated = await store.activateRelease(version);
  if (!activated.ok) {
    const { isMissing, reason } = activated.error;
    throw new ProblemError(isMissing ? 'not-found' : 'conflict', reason);
  }
  return { ...toReleaseInUse(activated.value), failure: store.explainRefusal() ?? null };
}

export async function pinRelease(
  { params: { version } }: { params: ReleaseParams },
  { setPinned }: Pick<ReleaseStore, 'setPinned'>,
): Promise<ReleaseInUse> {
  return toReleaseInUse(await changePin(version, true, setPinned));
}

export async function unpinRelease(
  { params: { version } }: { params: ReleaseParams },
  { setPinned }: Pick<ReleaseStore, 'setPinned'>,
): Promise<void> {
  await changePin(version, false, setPinned);
}

async function changePin(
  version: string,
  pinned: boolean,
  setPinned: ReleaseStore['setPinned'],
): Promise<ReleasePointer> {
  const pointer = await setPinned(version, pinned);
  if (pointer === undefined) throw new ProblemError('conflict', `“${version}” is not the release in use.`);
  return pointer;
}

const tag = 'Releases';

const ENDPOINTS: Endpoint<ReleaseStore>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/releases',
    operationId: 'getReleases',
    tag,
    summary: 'List the releases of the models',
    scope: 'admin',
    query: ListQuery,
    answer: { schema: ListAnswer, description: 'One page, and the release in use.' },
    handle: getReleases,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/releases/{version}',
    operationId: 'getRelease',
    tag,
    summary: 'Read a release',
    scope: 'admin',
    params: ReleaseParams,
    answer: { schema: ListedRelease, description: 'The release.' },
    problems: [404],
    handle: getRelease,
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/releases/{version}/activate',
    operationId: 'activateRelease',
    tag,
    summary: 'Put a release into use',
    description:
      'Any complete release, such as an earlier one. This isolate follows at once, every other isolate with requests ' +
      'within 30 seconds; no request fails meanwhile. A pin stays. Without a pin, the next training may replace the ' +
      'release.',
    scope: 'admin',
    params: ReleaseParams,
    answer: { schema: ActivatedRelease, description: 'The release in use.' },
    problems: [404, 409],
    audit: {
      readBefore: (_, store: ReleaseStore) => readInUse(store),
      readAfter: (inUse) => inUse,
    },
    handle: activateRelease,
  }),
  defineEndpoint({
    method: 'put',
    path: '/v1/releases/{version}/pin',
    operationId: 'pinRelease',
    tag,
    summary: 'Pin the release in use',
    description:
      'Later trainings publish their releases and leave this one in use; ' +
      '`POST /v1/releases/{version}/activate` still moves the pointer. 409 if another release is in use.',
    scope: 'admin',
    params: ReleaseParams,
    answer: { schema: ReleaseInUse, description: 'The release in use.' },
    problems: [409],
    audit: { readBefore: (_, store: ReleaseStore) => readInUse(store), readAfter: (inUse) => inUse },
    handle: pinRelease,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/v1/releases/{version}/pin',
    operationId: 'unpinRelease',
    tag,
    summary: 'Unpin the release in use',
    description: 'The next training that passes the gate replaces it. 409 if another release is in use.',
    scope: 'admin',
    params: ReleaseParams,
    answer: { status: 204, description: 'The release is no longer pinned.' },
    problems: [409],
    audit: {
      readBefore: (_, store: ReleaseStore) => readInUse(store),
      readAfter: (_, __, store: ReleaseStore) => readInUse(store),
    },
    handle: unpinRelease,
  }),
];

export const routeReleases = (app: App): void => registerEndpoints(app, ENDPOINTS, openReleaseStore);
