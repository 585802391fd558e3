// Calls /v1/releases of a Worker.

import type { Experiment } from '../../models/contracts/experiment.ts';
import { type ListedRelease, RELEASES_PAGE_MAX } from '../../models/contracts/release.ts';
import { openWorker } from '../local/call-worker.ts';

/** As the API answers. */
export interface ReleaseInUse {
  version: string;
  previous: string | null;
  pinned: boolean;
  movedAt: string;
}
export interface ReleaseList {
  inUse: ReleaseInUse | null;
  /** Why the release in use is unknown. */
  failure: string | null;
  releases: ListedRelease[];
}

export interface ReleaseClient {
  /** The newest, newest first. */
  list(limit: number): Promise<ReleaseList>;
  /** Throws before the first release, and if it is unknown. */
  readInUse(): Promise<ReleaseInUse>;
  read(version: string): Promise<ListedRelease>;
  /** `failure`: why the isolate that answered cannot serve it. */
  activate(version: string): Promise<ReleaseInUse & { failure: string | null }>;
  /** Returns the experiment's id. `share`: of the players, up to a half. */
  startCanary(version: string, share: number): Promise<string>;
  pin(version: string): Promise<ReleaseInUse>;
  unpin(version: string): Promise<void>;
}

/** `key`: one with the scope `admin`. */
export function openReleaseClient(url: string, key: string): ReleaseClient {
  const call = openWorker(url, key, 'npm run releases -- list');
  const list = async (limit: number): Promise<ReleaseList> => {
    const releases: ListedRelease[] = [];
    let use: Pick<ReleaseList, 'inUse' | 'failure'> = { inUse: null, failure: null };
    let cursor: string | null = null;
    do {
      const size = Math.min(RELEASES_PAGE_MAX, limit - releases.length);
      const query: string = cursor === null ? `limit=${size}` : `limit=${size}&cursor=${encodeURIComponent(cursor)}`;
      const page = (await call('GET', `/v1/releases?${query}`)) as ReleaseList & { cursor: string | null };
      releases.push(...page.releases);
      use = { inUse: page.inUse, failure: page.failure };
      cursor = page.cursor;
    } while (cursor !== null && releases.length < limit);
    return { ...use, releases };
  };
  const pathOf = (version: string) => `/v1/releases/${encodeURIComponent(version)}`;
  return {
    list,
    readInUse: async () => {
      const { inUse, failure } = await list(1);
      if (failure !== null) throw new Error(`${failure} \`npm run releases -- list\` shows all`);
      if (inUse === null) throw new Error('there is no release yet: `npm run train` makes one');
      return inUse;
    },
    read: async (version) => (await call('GET', pathOf(version))) as ListedRelease,
    activate: async (version) =>
      (await call('POST', `${pathOf(version)}/activate`)) as ReleaseInUse & { failure: string | null },
    startCanary: async (version, share) => {
      const canary = (await call('POST', `${pathOf(version)}/canary`, { share })) as Experiment;
      return canary.experimentId;
    },
    pin: async (version) => (await call('PUT', `${pathOf(version)}/pin`)) as ReleaseInUse,
    unpin: async (version) => {
      await call('DELETE', `${pathOf(version)}/pin`);
    },
  };
}
