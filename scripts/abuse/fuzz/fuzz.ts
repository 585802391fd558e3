// Sends generated requests, several at once, and shrinks each that gets a wrong answer to a minimal one.

import fc from 'fast-check';
import type { Target } from '../target/attack.ts';
import type { Answer } from '../target/client.ts';
import { createGuest, PLAYER } from '../target/credentials.ts';
import { FODDER_PREFIX, itemId } from '../target/store.ts';
import { formatCurl } from './curl.ts';
import { judge, type Knowledge } from './judge.ts';
import { type ApiDocument, listOperations } from './operations.ts';
import { drawRequest, type FuzzedRequest, type Grammars } from './request.ts';

const RUNS_PER_CHECK = 40;
const FINDINGS_MAX = 20;
const FODDER = 6;
const GUESTS = 20;
const YEAR_MS = 365 * 86_400_000;
/** Time limit of shrinking, which then ends with the smallest request so far. */
const CHECK_TIMEOUT_MS = 180_000;

export interface FuzzPlan {
  requests: number;
  seed: number;
  /** Requests in flight at once. */
  connections: number;
  onProgress(message: string): void;
}

export interface Finding {
  operationId: string;
  what: string;
  /** A command that repeats it. */
  curl: string;
}

export interface FuzzReport {
  requests: number;
  seconds: number;
  /** Answers by status. */
  statuses: Record<string, number>;
  /** Requests by caller, and those answered with 2xx. */
  callers: Record<string, { requests: number; accepted: number }>;
  slowestMs: number;
  findings: Finding[];
}

export async function fuzz(target: Target, document: ApiDocument, plan: FuzzPlan): Promise<FuzzReport> {
  const startedAt = performance.now();
  const requests = drawRequest(listOperations(document), target.credentials, await makeGrammars(target, document));
  const tally = new Tally();
  const findings = new Map<string, Finding>();
  const knowledge = listKnowledge(target);
  let checks = 0;
  const checkRepeatedly = async () => {
    while (tally.requests < plan.requests && findings.size < FINDINGS_MAX) {
      const finding = await findOne(target, requests, knowledge, tally, plan.seed + checks++);
      if (finding !== undefined) findings.set(`${finding.operationId} ${finding.what}`, finding);
      plan.onProgress(`${tally.requests.toLocaleString('en')} of ${plan.requests.toLocaleString('en')} requests`);
    }
  };
  await Promise.all(Array.from({ length: plan.connections }, checkRepeatedly));
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  return { ...tally.report(), seconds, findings: [...findings.values()] };
}

/** Sends some requests. The first that gets a wrong answer is shrunk and returned. */
async function findOne(
  { client }: Target,
  requests: fc.Arbitrary<FuzzedRequest>,
  knowledge: Knowledge,
  tally: Tally,
  seed: number,
): Promise<Finding | undefined> {
  const property = fc.asyncProperty(requests, async (request) => {
    const { method, path, headers, body, credential } = request;
    const { bearer } = credential;
    const authorized = { ...headers, ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) };
    const answer = await client.send({ method, path, body, headers: authorized });
    tally.add(request, answer);
    const wrong = judge(request, answer, knowledge);
    if (wrong !== undefined) throw new Error(wrong);
  });
  const { failed, counterexample, errorInstance } = await fc.check(property, {
    numRuns: RUNS_PER_CHECK,
    seed,
    interruptAfterTimeLimit: CHECK_TIMEOUT_MS,
  });
  if (!failed || counterexample === null) return undefined;
  const [request] = counterexample;
  return {
    operationId: request.operation.operationId,
    what: (errorInstance as Error).message,
    curl: formatCurl(request, `http://localhost:${client.port}`),
  };
}

class Tally {
  requests = 0;
  #slowestMs = 0;
  readonly #statuses: Record<string, number> = {};
  readonly #callers: FuzzReport['callers'] = {};

  add({ credential: { name } }: FuzzedRequest, { status, durationMs }: Answer): void {
    this.requests++;
    this.#slowestMs = Math.max(this.#slowestMs, durationMs);
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    const { requests, accepted } = this.#callers[name] ?? { requests: 0, accepted: 0 };
    this.#callers[name] = { requests: requests + 1, accepted: accepted + (status < 300 ? 1 : 0) };
  }

  report(): Pick<FuzzReport, 'requests' | 'statuses' | 'callers' | 'slowestMs'> {
    return {
      requests: this.requests,
      statuses: this.#statuses,
      callers: this.#callers,
      slowestMs: Math.round(this.#slowestMs),
    };
  }
}

const listKnowledge = ({ credentials, secrets, victims: { canaries } }: Target): Knowledge => ({
  canaries,
  secrets: [
    ...credentials.flatMap(({ name, bearer = '' }) => (name === 'none' || name === 'garbage' ? [] : [bearer])),
    (JSON.parse(secrets.tokenKey) as { d: string }).d,
  ],
});

/** Ids that exist, so that requests get beyond validation. */
async function makeGrammars({ client, credentials, victims }: Target, document: ApiDocument): Promise<Grammars> {
  const guests = await Promise.all(Array.from({ length: GUESTS }, () => createGuest(client)));
  const own = credentials.flatMap(({ userId }) => (userId === undefined ? [] : [userId]));
  const fodder = Array.from({ length: FODDER }, (_, index) => `${FODDER_PREFIX}${index}`);
  const userId = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('me', 'me', ...own) },
    { weight: 2, arbitrary: fc.constantFrom(...victims.userIds) },
    { weight: 3, arbitrary: fc.constantFrom(...fodder) },
    { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 40 }) },
  );
  const item = fc.oneof(
    { weight: 5, arbitrary: fc.nat(40).map(itemId) },
    { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 40 }) },
  );
  // Nothing listens there, and nothing is sent to other machines.
  const address = fc.constantFrom('http://127.0.0.1:9/', 'https://10.0.0.1/', 'ftp://shop.example/', 'x');
  const recent = fc.integer({ min: Date.now() - YEAR_MS, max: Date.now() });
  const named = {
    userId,
    itemId: item,
    exclude: fc.array(item, { maxLength: 5 }).map(String),
    from: fc.constantFrom(...fodder, ...guests.map((guest) => guest.userId), PLAYER),
    guestToken: fc.constantFrom(...guests.map(({ token }) => token)),
    timestamp: fc.oneof(
      recent,
      recent.map((time) => new Date(time).toISOString()),
    ),
    url: address,
    jwksUrl: address,
  };
  const { schemas } = document.components;
  return { valid: { schemas, named, isBroken: false }, broken: { schemas, named, isBroken: true } };
}
