// The tests of watched-server.ts cover the start itself. A port collision cannot be arranged: wrangler picks its ports.

import { expect, test } from 'vitest';
import { hasLostPort } from './local-server.ts';

/** The end of wrangler's log, as recorded when another program had taken the address. */
const endOfLog = (address: string) => `env.GUESTS ("off")   Environment Variable      local


\x1b[31m✘ \x1b[41;31m[\x1b[41;97mERROR\x1b[41;31m]\x1b[0m \x1b[1mAddress already in use (${address}). Please …`;

test('a start is repeated if wrangler’s own port was taken, but not if the given one was, or after another end', () => {
  expect(hasLostPort(endOfLog('socket "direct:1:default"'))).toBe(true);
  expect(hasLostPort(endOfLog('127.0.0.1:8787'))).toBe(false);
  expect(hasLostPort('[wrangler:info] Shutting down local server...')).toBe(false);
  expect(hasLostPort('')).toBe(false);
});
