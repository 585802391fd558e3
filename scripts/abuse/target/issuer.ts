// An issuer of players' tokens other than the Worker, on this machine, and one of its players. At the issuer, this
// player has the id of a victim: only the issuer's prefix makes them two players here.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Client } from './client.ts';
import type { Credential } from './credentials.ts';
import { VICTIM_PREFIX } from './store.ts';

const ISSUER = 'https://id.abuse.example';
const AUDIENCE = 'game';
const PREFIX = 'issuer:';
const ALGORITHM = 'RS256';
const KEY_ID = 'abuse';
const SUBJECT = `${VICTIM_PREFIX}0`;

/** Registers the issuer. Its keys are read now; with a known key, the Worker accepts tokens when the issuer is down. */
export async function createIssuerCredential(client: Client, admin: string): Promise<Credential> {
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM);
  const jwk = { ...(await exportJWK(publicKey)), kid: KEY_ID, alg: ALGORITHM, use: 'sig' };
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
    const json = { issuer: ISSUER, jwksUrl, audience: AUDIENCE, prefix: PREFIX };
    await client.read('POST', '/v1/issuers', { bearer: admin, json });
  } finally {
    server.closeAllConnections();
    server.close();
  }
  const token = await new SignJWT({ sub: SUBJECT })
    .setIssuer(ISSUER)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime('1d')
    .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID })
    .sign(privateKey);
  const userId = `${PREFIX}${SUBJECT}`;
  return { name: 'issuer’s token', bearer: token, placeholder: '$ISSUER_TOKEN', scopes: [], userId };
}
