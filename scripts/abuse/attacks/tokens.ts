// Forged tokens.

import { createHmac, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { makeTokenKey } from '../../local/make-token-key.ts';
import type { Attack } from '../target/attack.ts';
import { makeToken, PLAYER } from '../target/credentials.ts';

const PATH = '/v1/users/me/signals';
const HOUR_S = 3_600;

interface PrivateJwk {
  kid: string;
  x: string;
  d: string;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** `sign` receives the encoded header and payload. */
const assemble = (header: object, payload: object, makeSignature: (input: string) => string): string => {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${makeSignature(input)}`;
};

const signWith = ({ x, d }: PrivateJwk) => {
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x, d }, format: 'jwk' });
  return (input: string) => sign(null, Buffer.from(input), key).toString('base64url');
};

export const tokens: Attack = {
  name: 'forged tokens open nothing',
  async run({ client, secrets }, attempts) {
    const own: PrivateJwk = JSON.parse(secrets.tokenKey);
    const published = await client.read<{ keys: object[] }>('GET', '/.well-known/jwks.json');
    attempts.expect(!JSON.stringify(published).includes(own.d), 'the private key is published');
    const valid = await makeToken(secrets, PLAYER);
    attempts.expectStatus(await client.call('GET', PATH, { bearer: valid }), 200, 'the valid token');
    const ours = assemble(HEADER(own), PAYLOAD(), signWith(own));
    attempts.expectStatus(await client.call('GET', PATH, { bearer: ours }), 200, 'a token from the Worker');
    const forged = { ...forgeHeaders(own), ...forgeClaims(own), ...tamper(valid, own) };
    for (const [what, bearer] of Object.entries(forged)) {
      const answer = await client.call('GET', PATH, { bearer });
      attempts.expectStatus(answer, 401, what);
      attempts.expect(!answer.text.includes(bearer.split('.')[1]!.slice(0, 40)), `${what}: the answer repeats it`);
    }
    return `${Object.keys(forged).length} forgeries`;
  },
};

const HEADER = ({ kid }: PrivateJwk) => ({ alg: 'EdDSA', kid, typ: 'JWT' });
const PAYLOAD = () => {
  const iat = Math.floor(Date.now() / 1_000);
  return { sub: PLAYER, iss: 'bloodstream', aud: 'bloodstream', iat, exp: iat + HOUR_S };
};

function forgeHeaders(own: PrivateJwk): Record<string, string> {
  const other: PrivateJwk = JSON.parse(makeTokenKey(0, 0));
  const publicJwk = { kty: 'OKP', crv: 'Ed25519', x: other.x };
  const hmac = (secret: string | Buffer) => (input: string) =>
    createHmac('sha256', secret).update(input).digest('base64url');
  const none = () => '';
  const withAlgorithm = (alg: string) => assemble({ ...HEADER(own), alg }, PAYLOAD(), () => 'AAAA');
  return {
    'alg none': assemble({ ...HEADER(own), alg: 'none' }, PAYLOAD(), none),
    'alg none with a signature': withAlgorithm('none'),
    'alg None': withAlgorithm('None'),
    'HS256 with the public key in base64url': assemble({ ...HEADER(own), alg: 'HS256' }, PAYLOAD(), hmac(own.x)),
    'HS256 with the bytes of the public key': assemble(
      { ...HEADER(own), alg: 'HS256' },
      PAYLOAD(),
      hmac(Buffer.from(own.x, 'base64url')),
    ),
    'HS256 with an empty key': assemble({ ...HEADER(own), alg: 'HS256' }, PAYLOAD(), hmac('')),
    RS256: assemble({ ...HEADER(own), alg: 'RS256' }, PAYLOAD(), signRs256),
    'another key with the known kid': assemble(HEADER(own), PAYLOAD(), signWith(other)),
    'an unknown kid': assemble(HEADER(other), PAYLOAD(), signWith(other)),
    'no kid': assemble({ alg: 'EdDSA', typ: 'JWT' }, PAYLOAD(), signWith(own)),
    'the key in the header': assemble({ ...HEADER(own), jwk: publicJwk }, PAYLOAD(), signWith(other)),
    'a URL of keys in the header': assemble(
      { ...HEADER(own), jku: 'http://localhost:1/jwks.json' },
      PAYLOAD(),
      signWith(other),
    ),
    'a path as kid': assemble({ ...HEADER(own), kid: '../../dev/null' }, PAYLOAD(), hmac('')),
    'an unknown critical header': assemble({ ...HEADER(own), crit: ['x'], x: 1 }, PAYLOAD(), signWith(own)),
    'another typ': assemble({ ...HEADER(own), typ: 'at+jwt' }, PAYLOAD(), signWith(own)),
  };
}

function signRs256(input: string): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return sign('sha256', Buffer.from(input), privateKey).toString('base64url');
}

function forgeClaims(own: PrivateJwk): Record<string, string> {
  const withClaims = (claims: object) => assemble(HEADER(own), { ...PAYLOAD(), ...claims }, signWith(own));
  const now = Math.floor(Date.now() / 1_000);
  return {
    expired: withClaims({ iat: now - 2 * HOUR_S, exp: now - HOUR_S }),
    'not valid yet': withClaims({ nbf: now + HOUR_S }),
    'no expiry': withClaims({ exp: undefined }),
    'an expiry that is text': withClaims({ exp: String(now + HOUR_S) }),
    'another audience': withClaims({ aud: 'another' }),
    'another issuer': withClaims({ iss: 'another' }),
    'no player': withClaims({ sub: undefined }),
    'the player me': withClaims({ sub: 'me' }),
    'a player that is not a string': withClaims({ sub: ['victim-0'] }),
    'a player with a path': withClaims({ sub: '../victim-0' }),
  };
}

function tamper(valid: string, own: PrivateJwk): Record<string, string> {
  const [header, payload, signature] = valid.split('.') as [string, string, string];
  const another = assemble(HEADER(own), { ...PAYLOAD(), sub: 'victim-0' }, signWith(own)).split('.');
  return {
    'a changed payload': `${header}.${encode({ ...PAYLOAD(), sub: 'victim-0' })}.${signature}`,
    'the signature of another token': `${header}.${payload}.${another[2]}`,
    'no signature': `${header}.${payload}.`,
    'a truncated signature': `${header}.${payload}.${signature.slice(0, -2)}`,
    'a zero signature': `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`,
    'four parts': `${valid}.${signature}`,
  };
}
