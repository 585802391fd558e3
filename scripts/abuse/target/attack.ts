// One attack of `npm run abuse`: what it tries, and how often it got through.

import type { Client } from './client.ts';
import type { Credential } from './credentials.ts';
import type { Secrets } from './secrets.ts';
import type { AbuseServer } from './server.ts';
import type { Victims } from './store.ts';

export interface Target {
  client: Client;
  server: AbuseServer;
  secrets: Secrets;
  credentials: readonly Credential[];
  victims: Victims;
  /** Operations of the API document, such as “GET /v1/items”. */
  operations: readonly string[];
}

export interface Attack {
  name: string;
  run(target: Target, attempts: Attempts): Promise<string | undefined>;
}

export interface AttackResult {
  name: string;
  /** Attempts, each with one expectation. */
  attempts: number;
  /** Attempts that got through, each described. */
  breaches: string[];
  /** Measurements, for the report. */
  figure?: string;
}

/** Counts the attempts of an attack. */
export class Attempts {
  count = 0;
  readonly breaches: string[] = [];

  /** `breach`: the description if `isRepelled` is false. */
  expect(isRepelled: boolean, breach: string): void {
    this.count++;
    if (!isRepelled) this.breaches.push(breach);
  }

  expectStatus({ status, text }: { status: number; text: string }, expected: number | readonly number[], what: string) {
    this.expect([expected].flat().includes(status), `${what}: ${status} ${text.slice(0, 200)}`);
  }
}

export async function runAttack({ name, run }: Attack, target: Target): Promise<AttackResult> {
  const attempts = new Attempts();
  try {
    const figure = await run(target, attempts);
    return { name, attempts: attempts.count, breaches: attempts.breaches, ...(figure !== undefined && { figure }) };
  } catch (error) {
    // An attack that could not be carried out proves nothing.
    const breaches = [...attempts.breaches, `the attack ended early: ${(error as Error).message}`];
    return { name, attempts: attempts.count, breaches };
  }
}
