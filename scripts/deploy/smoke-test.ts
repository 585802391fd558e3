// Asks a deployed Worker for its status and a gallery and, where a release is published, for a gallery that the
// release's model has scored.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const TIMEOUT_MS = 15_000;
/** A cold-start item is not in the release: of several, one is. */
const CLICKS = 10;

export interface SmokeTest {
  /** Address of the Worker. */
  url: string;
  /** With the scope `admin`. */
  key: string;
  /** A new address or secret takes some time to reach every location. */
  limitMs: number;
  pollMs: number;
}
interface Status {
  release: string | null;
  engine: 'onnx' | 'plain' | null;
  items: number;
}
interface Gallery {
  tier: string;
  release: string | null;
  degraded: { step: string; reason: string }[];
  rows: { items: { itemId: string }[] }[];
}
type Call = <T>(method: string, path: string, body?: object) => Promise<T>;

/** Returns what it saw, in words. Throws the last failure once the limit has passed. */
export async function runSmokeTest({ url, key, limitMs, pollMs }: SmokeTest): Promise<string> {
  const call = createCall(url, key);
  const end = Date.now() + limitMs;
  for (;;)
    try {
      return await tryOnce(call);
    } catch (error) {
      if (Date.now() + pollMs > end) throw error;
      await sleep(pollMs);
    }
}

async function tryOnce(call: Call): Promise<string> {
  const status = await call<Status>('GET', '/v1/status');
  const userId = `smoke-test-${randomUUID()}`;
  const player = `/v1/users/${userId}`;
  try {
    const first = await call<Gallery>('GET', `${player}/gallery`);
    const items = first.rows.flatMap((row) => row.items);
    if (status.items === 0) return 'it answers; the catalogue is empty, so the gallery is';
    if (items.length === 0) throw new Error(`the gallery is empty, with ${status.items} games in the catalogue`);
    if (status.release === null) return 'it answers with a gallery, without inference: no release is published yet';
    const events = items
      .slice(0, CLICKS)
      .map(({ itemId }, index) => ({ id: `${index}`, userId, type: 'click', itemId }));
    await call('POST', '/v1/events', { events });
    return describeInference(status, await call<Gallery>('GET', `${player}/gallery`));
  } finally {
    await call('DELETE', player);
  }
}

/** Throws if a model should have scored the gallery and has not. */
function describeInference({ release, engine }: Status, { tier, degraded }: Gallery): string {
  const failed = degraded.find(({ step }) => step === 'model');
  if (failed !== undefined) throw new Error(`the model of release ${release} fails: ${failed.reason}`);
  if (tier !== 'online') throw new Error(`the gallery comes from the tier “${tier}”, without the model of ${release}`);
  return engine === 'plain'
    ? `it answers with a gallery scored by release ${release}, but without onnxruntime, which did not start`
    : `it answers with a gallery scored by onnxruntime, release ${release}`;
}

const createCall =
  (url: string, key: string): Call =>
  async (method, path, body) => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: Error) => {
      throw new Error(`${url} does not answer (${(error.cause as Error | undefined)?.message || error.message})`);
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text === '' ? 'null' : text);
    const hint = response.status === 401 ? '; is ADMIN_KEY a key of this Worker?' : '';
    const [shown] = path.split('smoke-test-') as [string];
    throw new Error(`${method} ${shown} answers ${response.status}${hint}`);
  };
