// Opens the page in the browser. Other users of this machine can read a program's arguments, and the page's address
// contains the key: the browser's arguments name a redirect instead, which works once.

import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const OPENERS: Partial<Record<NodeJS.Platform, string>> = { darwin: 'open', win32: 'explorer' };

/** Does nothing without a desktop: the printed address is enough. */
export async function openPage(address: string): Promise<void> {
  const url = await redirectOnce(address);
  spawn(OPENERS[process.platform] ?? 'xdg-open', [url], { stdio: 'ignore', detached: true })
    .on('error', () => {})
    .unref();
}

/** Returns the URL of a redirect to the address. Only the first request gets it; this process does not wait for one. */
async function redirectOnce(address: string): Promise<string> {
  const path = `/${crypto.randomUUID()}`;
  const server = createServer(({ method, url }, response) => {
    response.setHeader('cache-control', 'no-store').setHeader('connection', 'close');
    if (method !== 'GET' || url !== path) return response.writeHead(404).end();
    server.close();
    return response.writeHead(302, { location: address }).end();
  }).unref();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
}
