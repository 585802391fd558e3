// The pointer to the release in use, in R2: a small object that moves by conditional put. It also names the
// previous release, and may be pinned. The files of releases: releases.ts.

import { RELEASE_POINTER_KEY } from '../../models/contracts/layout.ts';
import { NamedRelease, ReleasePointer } from '../../models/contracts/release.ts';

const ATTEMPTS_MAX = 5;

export const DAMAGED_POINTER =
  'the release pointer is damaged: isolates that run keep their release; activate a release, and it is whole again';

/** Undefined before the first release. Throws if it is damaged. */
export async function readPointer(bucket: R2Bucket): Promise<ReleasePointer | undefined> {
  const stored = await readStoredPointer(bucket);
  if (isDamaged(stored)) throw new Error(DAMAGED_POINTER);
  return stored.pointer;
}

export const isDamaged = ({ etag, pointer }: StoredPointer): boolean => etag !== undefined && pointer === undefined;

export interface StoredPointer {
  /** Undefined before the first release. */
  etag: string | undefined;
  /** Undefined before the first release, and if it is damaged. */
  pointer: ReleasePointer | undefined;
}

/** For writers, who may replace a damaged pointer. */
export async function readStoredPointer(bucket: R2Bucket): Promise<StoredPointer> {
  const object = await bucket.get(RELEASE_POINTER_KEY);
  if (object === null) return { etag: undefined, pointer: undefined };
  const json = await object.json().catch(() => undefined);
  return { etag: object.etag, pointer: ReleasePointer.safeParse(json).data };
}

/**
 * Points to a release; the one in use becomes the one before, unless it is known to be broken. `now`: epoch
 * milliseconds.
 */
export function moveTo(
  named: NamedRelease,
  from: ReleasePointer | undefined,
  now: number,
  isBroken: (version: string) => boolean = () => false,
): ReleasePointer {
  return {
    ...NamedRelease.parse(named),
    movedAt: new Date(now).toISOString(),
    previous: from === undefined ? null : choosePrevious(named, from, isBroken),
    pinned: from?.pinned ?? false,
  };
}

/** A broken release cannot stand in for another: the one before it, which serves by now, stays the one before. */
function choosePrevious(
  named: NamedRelease,
  from: ReleasePointer,
  isBroken: (version: string) => boolean,
): NamedRelease | null {
  const { previous, version } = from;
  if (version === named.version) return previous;
  return previous !== null && previous.version !== named.version && isBroken(version)
    ? previous
    : NamedRelease.parse(from);
}

/** False if the pointer no longer has the ETag: somebody else has moved or pinned it. */
export async function writePointer(
  bucket: R2Bucket,
  pointer: ReleasePointer,
  etag: string | undefined,
): Promise<boolean> {
  const onlyIf: R2Conditional = etag === undefined ? { etagDoesNotMatch: '*' } : { etagMatches: etag };
  return (await bucket.put(RELEASE_POINTER_KEY, JSON.stringify(pointer), { onlyIf })) !== null;
}

/**
 * Changes the pointer, again if another writer was faster. `change` returns undefined to refuse, or the pointer itself
 * if there is nothing to do. Throws if others keep changing it.
 */
export async function changePointer(
  bucket: R2Bucket,
  change: (pointer: ReleasePointer | undefined) => ReleasePointer | undefined,
): Promise<ReleasePointer | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const { etag, pointer } = await readStoredPointer(bucket);
    const changed = change(pointer);
    if (changed === undefined || changed === pointer) return changed;
    if (await writePointer(bucket, changed, etag)) return changed;
  }
  throw new Error('the release pointer is being changed by others');
}

/** Pins or unpins the release in use. Returns undefined if another release is in use. */
export const setPinned = (bucket: R2Bucket, version: string, pinned: boolean): Promise<ReleasePointer | undefined> =>
  changePointer(bucket, (pointer) => {
    if (pointer?.version !== version) return undefined;
    return pointer.pinned === pinned ? pointer : { ...pointer, pinned };
  });
