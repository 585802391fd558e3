// Makes a key that signs players' tokens, puts it into a slot of the Worker, and waits until the Worker publishes it:
// the next change chooses its slot by the published keys.

import { setTimeout as sleep } from 'node:timers/promises';
import { makeTokenKey } from '../local/make-token-key.ts';
import { chooseSlot, type PublishedKey, type SlotChoice } from './choose-slot.ts';

/** A new secret does not reach all isolates at once: this many reads in a row must show it. */
const READS_IN_A_ROW = 5;
/** For each read, body included. */
const READ_TIMEOUT_MS = 15_000;

export interface KeyChange {
  /** Address of the Worker. */
  url: string;
  /** Replaces a key even if its tokens are valid. */
  isForced: boolean;
  putSecret(name: string, value: string): Promise<void>;
  /** Called once the secret is put. */
  onPut(choice: SlotChoice): void;
  pollMs: number;
  /** The time that the Worker may take to publish the key. */
  limitMs: number;
}

/** Throws if no slot is free, the Worker cannot be read, or it does not publish the key in time. */
export async function changeTokenKey({ url, isForced, putSecret, onPut, pollMs, limitMs }: KeyChange): Promise<void> {
  const address = new URL('/.well-known/jwks.json', url);
  const choice = chooseSlot(await readPublishedKeys(address), Math.floor(Date.now() / 1000), isForced);
  const name = `TOKEN_KEY_${choice.slot}`;
  const key = makeTokenKey(choice.slot, choice.signsFrom);
  await putSecret(name, key);
  onPut(choice);
  const { kid } = JSON.parse(key) as PublishedKey;
  if (await waitForKey(address, kid, pollMs, limitMs)) return;
  throw new Error(
    `${name} is stored, but ${address} does not list “${kid}” after ${Math.round(limitMs / 1000)} s: check that ` +
      'wrangler.toml names the Worker of this address, and run this again only once the key is listed',
  );
}

/** Returns false if the limit passes first. */
async function waitForKey(address: URL, kid: string, pollMs: number, limitMs: number): Promise<boolean> {
  const end = Date.now() + limitMs;
  for (let inARow = 0; Date.now() < end; await sleep(pollMs)) {
    // The secret is stored already, so a failed read does not end the wait.
    const published = await readPublishedKeys(address, end - Date.now()).catch(() => []);
    inARow = published.some((key) => key.kid === kid) ? inARow + 1 : 0;
    if (inARow === READS_IN_A_ROW) return true;
  }
  return false;
}

async function readPublishedKeys(address: URL, timeoutMs = READ_TIMEOUT_MS): Promise<PublishedKey[]> {
  const signal = AbortSignal.timeout(Math.max(1, Math.min(timeoutMs, READ_TIMEOUT_MS)));
  const cannotRead = (error: Error) => {
    throw new Error(`${address} cannot be read (${error.message}): deploy the Worker first`);
  };
  const response = await fetch(address, { signal }).catch(cannotRead);
  if (!response.ok) throw new Error(`${address} answers ${response.status}: deploy this version of the Worker first`);
  return ((await response.json().catch(cannotRead)) as { keys: PublishedKey[] }).keys;
}
