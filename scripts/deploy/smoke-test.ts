// Asks a deployed Worker for its status and a gallery and, where a release is in use, for a gallery that the release's
// model has scored. It waits until the version that was deployed answers: a location may still have the one before.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sendWithSecret } from '../local/secret-request.ts';

const TIMEOUT_MS = 15_000;
/** A cold-start item is not in the release: of several, one is. */
const CLICKS = 10;

export interface SmokeTest {
  /** Address of the Worker. */
  url: string;
  /** With the scope `admin`. */
  key: string;
  /** Id of the version that is to answer. */
  version: string;
  /** A new address or secret takes some time to reach every location. */
  limitMs: number;
  pollMs: number;
}
interface Failure {
  step: string;
  reason: string;
}
interface Status {
  /** Versions that were deployed long ago do not say it. */
  workerVersion?: string | null;
  /** Null also while the isolate that answers loads the release, or refuses it. */
  release: string | null;
  engine: 'onnx' | 'plain' | null;
  items: number;
  failures: Failure[];
}
interface Releases {
  inUse: { version: string } | null;
  failure?: string | null;
}
interface Gallery {
  tier: string;
  degraded: Failure[];
  rows: { items: { itemId: string }[] }[];
}
type Call = <T>(method: string, path: string, body?: object) => Promise<T>;

/** Without these, players have no gallery of their own. */
const NEEDED_STEPS: readonly string[] = ['catalogue', 'release', 'model'];

/** Returns what it saw, in words. Throws the last failure once the limit has passed. Erases its player. */
export async function runSmokeTest({ url, key, version, limitMs, pollMs }: SmokeTest): Promise<string> {
  const call = createCall(url, key);
  // One for all attempts: each erasure has consequences for the next training.
  const player = { userId: `smoke-test-${randomUUID()}`, hasData: false };
  const end = Date.now() + limitMs;
  const [tested] = await Promise.allSettled([repeat(() => tryOnce(call, player, version), end, pollMs)]);
  const remainder = player.hasData ? await erase(call, player.userId) : '';
  if (tested.status === 'rejected') throw new Error(`${tested.reason.message}${remainder}`, { cause: tested.reason });
  return `${tested.value}${remainder}`;
}

async function repeat(attempt: () => Promise<string>, end: number, pollMs: number): Promise<string> {
  for (;;)
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() + pollMs > end) throw error;
      await sleep(pollMs);
    }
}

/** Returns what to add to the outcome. A version is not worse because the erasure failed. */
const erase = (call: Call, userId: string): Promise<string> =>
  call('DELETE', `/v1/users/${userId}`).then(
    () => '',
    (error: Error) => `; its player ${userId} is still to be erased (${error.message})`,
  );

async function tryOnce(call: Call, player: { userId: string; hasData: boolean }, version: string): Promise<string> {
  const status = await readStatus(call, version);
  const { inUse, failure } = await call<Releases>('GET', '/v1/releases?limit=1');
  if (failure) throw new Error(failure);
  if (inUse !== null && status.release === null)
    throw new Error(`release ${inUse.version} is in use, but the Worker has not loaded it`);
  const { userId } = player;
  const galleryPath = `/v1/users/${userId}/gallery`;
  player.hasData = true;
  const first = await call<Gallery>('GET', galleryPath);
  const items = first.rows.flatMap((row) => row.items);
  if (status.items === 0) return 'it answers; the catalogue is empty, so the gallery is';
  if (items.length === 0) throw new Error(`the gallery is empty, with ${status.items} games in the catalogue`);
  if (inUse === null) return 'it answers with a gallery, without inference: no release is published yet';
  const events = items.slice(0, CLICKS).map(({ itemId }, index) => ({ id: `${index}`, userId, type: 'click', itemId }));
  await call('POST', '/v1/events', { events });
  const gallery = await call<Gallery>('GET', galleryPath);
  // While a location changes over, both versions may answer.
  return describeInference(await readStatus(call, version), gallery);
}

/** Throws if another version answers, or one that lacks what it needs. */
async function readStatus(call: Call, version: string): Promise<Status> {
  const status = await call<Status>('GET', '/v1/status');
  const { workerVersion, failures } = status;
  if (workerVersion !== version)
    throw new Error(`version ${version} is deployed, but ${workerVersion ?? 'another one'} still answers`);
  assertNone(failures);
  return status;
}

function assertNone(failures: readonly Failure[]): void {
  const failed = failures.find(({ step }) => NEEDED_STEPS.includes(step));
  if (failed !== undefined) throw new Error(`its ${failed.step} fails: ${failed.reason}`);
}

/** Throws if a model should have scored the gallery and has not. */
function describeInference({ release, engine }: Status, { tier, degraded }: Gallery): string {
  assertNone(degraded);
  if (tier !== 'online') throw new Error(`the gallery comes from the tier “${tier}”, without the model of ${release}`);
  return engine === 'plain'
    ? `it answers with a gallery scored by release ${release}, but without onnxruntime, which did not start`
    : `it answers with a gallery scored by onnxruntime, release ${release}`;
}

const createCall =
  (url: string, key: string): Call =>
  async (method, path, body) => {
    const { ok, status, text } = await sendWithSecret({
      method,
      url: new URL(path, url),
      server: url,
      secret: key,
      secretName: 'ADMIN_KEY',
      body,
      timeoutMs: TIMEOUT_MS,
      remedy: '',
    });
    if (ok) return JSON.parse(text === '' ? 'null' : text);
    const hint = status === 401 ? '; is ADMIN_KEY a key of this Worker?' : '';
    const [shown] = path.split('smoke-test-') as [string];
    throw new Error(`${method} ${shown} answers ${status}${hint}`);
  };
