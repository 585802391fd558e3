// A stand-in for Cloudflare: the part of its API that `npm run deploy` and wrangler call, over HTTP, and the deployed
// Worker at the same address. It can fail at any call.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { CloudflareAccount, Refusal } from './account.ts';
import { findRoute, UPLOAD_TOKEN } from './routes.ts';
import { createDeployedWorker, type DeployedWorker } from './worker.ts';

const API = '/client/v4';

export interface StandIn {
  /** For CLOUDFLARE_API_BASE_URL. */
  apiUrl: string;
  /** Address of the deployed Worker. */
  workerUrl: string;
  account: CloudflareAccount;
  worker: DeployedWorker;
  /** Calls that changed something, as `POST /queues`, oldest first. */
  readonly changes: string[];
  /** The next call that matches, such as `PUT /workers/scripts/name`, fails. */
  failNext(call: RegExp, refusal: Refusal): void;
  /** Says if the token has the permission for a call. */
  mayCall: (call: string) => boolean;
  close(): void;
}

export async function startStandIn(accountId: string, token: string, worker: string): Promise<StandIn> {
  const account = new CloudflareAccount();
  const deployed = createDeployedWorker();
  const failures: { call: RegExp; refusal: Refusal }[] = [];
  const changes: string[] = [];
  const standIn = {
    account,
    worker: deployed,
    changes,
    mayCall: (_: string) => true,
    failNext: (call: RegExp, refusal: Refusal) => void failures.push({ call, refusal }),
  };
  const answerApi = async (request: IncomingMessage): Promise<object> => {
    const url = new URL(request.url!.slice(API.length), 'http://account');
    // Files are uploaded with the token of their session.
    const isUpload = url.pathname.endsWith('/workers/assets/upload');
    if (request.headers.authorization !== `Bearer ${isUpload ? UPLOAD_TOKEN : token}`)
      throw new Refusal(403, 9109, 'Invalid access token');
    const body = await buffer(request);
    if (url.pathname === '/accounts') return page([{ id: accountId, name: 'A store' }]);
    const path = url.pathname.replace(`/accounts/${accountId}`, '');
    const call = `${request.method} ${path}`;
    if (!standIn.mayCall(call)) throw new Refusal(403, 10000, 'Authentication error');
    const failure = failures.findIndex((planned) => planned.call.test(call));
    if (failure >= 0) throw failures.splice(failure, 1)[0]!.refusal;
    const { route, parameters } = findRoute(call);
    const form = async () =>
      new Response(body, { headers: { 'content-type': request.headers['content-type']! } }).formData();
    const result = await route.answer({ account, parameters, query: url.searchParams, text: body.toString(), form });
    if (route.changes) changes.push(call);
    return Array.isArray(result) ? page(result) : { result };
  };
  const answerWorker = async (request: IncomingMessage, response: ServerResponse) =>
    deployed.answer(request, response, account.getDeployed(worker));
  const server = createServer((request, response) => {
    const answered = request.url!.startsWith(API)
      ? sendAnswer(response, answerApi(request))
      : answerWorker(request, response);
    answered.catch((error: Error) => response.writeHead(500).end(error.stack));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const workerUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(standIn, { apiUrl: `${workerUrl}${API}`, workerUrl, close: () => void server.close() });
}

/** All of a list fits on one page. */
const page = (result: object[]) => ({
  result,
  result_info: { page: 1, per_page: 100, count: result.length, total_count: result.length },
});

async function sendAnswer(response: ServerResponse, answering: Promise<object>): Promise<void> {
  let status = 200;
  const body = await answering.then(
    (answer) => ({ success: true, errors: [], messages: [], ...answer }),
    (error: Error) => {
      if (!(error instanceof Refusal)) throw error;
      status = error.status;
      return { success: false, errors: [{ code: error.code, message: error.message }], messages: [], result: null };
    },
  );
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
