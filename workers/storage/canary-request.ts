// The canary that a training asks for: an object in R2, since a training has no access to D1. canaries.ts starts it.

import { z } from 'zod';
import { CANARY_REQUEST_KEY } from '../../models/contracts/layout.ts';
import { CANARY_SHARE_MAX } from '../../models/experiments/canary.ts';

const CanaryRequest = z.object({ version: z.string(), share: z.number().gt(0).max(CANARY_SHARE_MAX) });
export type CanaryRequest = z.infer<typeof CanaryRequest>;

/** A request that waits. */
export interface WaitingRequest extends CanaryRequest {
  etag: string;
}

/** Replaces a request that waits: the newest release has been trained on what the others know. */
export async function requestCanary(bucket: R2Bucket, request: CanaryRequest): Promise<void> {
  await bucket.put(CANARY_REQUEST_KEY, JSON.stringify(request));
}

/** Undefined if there is none; one that cannot be parsed counts as none. */
export async function readCanaryRequest(bucket: R2Bucket): Promise<WaitingRequest | undefined> {
  const object = await bucket.get(CANARY_REQUEST_KEY);
  if (object === null) return undefined;
  const { data } = CanaryRequest.safeParse(await object.json().catch(() => undefined));
  return data && { ...data, etag: object.etag };
}

/** Empties the request's object unless a newer request has replaced it: R2 deletes without a condition only. */
export async function clearCanaryRequest(bucket: R2Bucket, { etag }: WaitingRequest): Promise<void> {
  await bucket.put(CANARY_REQUEST_KEY, '', { onlyIf: { etagMatches: etag } });
}
