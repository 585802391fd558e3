// Players' tokens for the tests, from the Worker that `npm start` runs: valid and expired ones.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { importJWK, SignJWT } from 'jose';
import { PROJECT_DIR } from '../scripts/local/project.ts';

/** Expired for longer than the leeway of a minute. */
const ENDED_S = 120;

export async function mintToken(url: string, adminKey: string, userId: string): Promise<string> {
  const response = await fetch(`${url}/v1/tokens`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ userId }),
  });
  const { token } = (await response.json()) as { token: string };
  return token;
}

/** Returns a token signed with the Worker's own key that expired two minutes ago. */
export async function signEndedToken(userId: string): Promise<string> {
  const variables = readFileSync(path.join(PROJECT_DIR, '.dev.vars'), 'utf8');
  const jwk = JSON.parse(/^TOKEN_KEY_0='(.+)'$/m.exec(variables)![1]!);
  const endedAt = Math.floor(Date.now() / 1_000) - ENDED_S;
  return new SignJWT()
    .setProtectedHeader({ alg: 'EdDSA', kid: jwk.kid, typ: 'JWT' })
    .setSubject(userId)
    .setIssuer('bloodstream')
    .setAudience('bloodstream')
    .setIssuedAt(endedAt - 60)
    .setExpirationTime(endedAt)
    .sign(await importJWK(jwk, 'EdDSA'));
}
