import { expect, test } from 'vitest';
import type { Credential } from '../target/credentials.ts';
import { judge } from './judge.ts';
import type { Operation } from './operations.ts';
import type { FuzzedRequest } from './request.ts';

const operation: Operation = {
  operationId: 'getGallery',
  method: 'GET',
  path: '/v1/users/{userId}/gallery',
  pathParameters: {},
  queryParameters: {},
  body: undefined,
  statuses: [200, 400, 401, 403],
  scopes: ['read'],
  isOpenToPlayers: true,
};
const none: Credential = { name: 'none', bearer: undefined, placeholder: '', scopes: [] };
const token: Credential = { name: 'token', bearer: 't', placeholder: '$TOKEN', scopes: [], userId: 'ann' };
const key = (scope: 'read' | 'mint'): Credential => ({
  name: scope,
  bearer: 'k',
  placeholder: '$KEY',
  scopes: [scope],
});

const PRIVATE = { 'cache-control': 'private, no-store' };
const knowledge = { canaries: [{ text: 'canary1', spot: 'a title' }], secrets: ['s3cret'] };
const problem = (status: number) => JSON.stringify({ type: '/docs', title: 'No', status });

interface JudgedAnswer {
  text?: string;
  headers?: object;
  method?: string;
  path?: string;
}
const judgeAnswer = (
  credential: Credential,
  status: number,
  { text = problem(status), headers = {}, method = 'GET', path = '/v1/users/me/gallery' }: JudgedAnswer = {},
) => {
  const request: FuzzedRequest = {
    operation,
    credential,
    method,
    path,
    headers: {},
    body: undefined,
  };
  const type = { 'content-type': status < 400 ? 'application/json' : 'application/problem+json' };
  return judge(request, { status, text, headers: { ...type, ...headers }, durationMs: 1 }, knowledge);
};

test('an expected answer is right', () => {
  expect(judgeAnswer(token, 200, { text: '{}', headers: PRIVATE })).toBeUndefined();
  expect(judgeAnswer(none, 401)).toBeUndefined();
  expect(judgeAnswer(key('mint'), 403)).toBeUndefined();
  expect(judgeAnswer(token, 404)).toBeUndefined();
  expect(judgeAnswer(token, 503, { headers: { 'retry-after': '1' } })).toBeUndefined();
});

test('errors of the server, and refusals without their problem, are wrong', () => {
  expect(judgeAnswer(token, 500)).toBe('status 500');
  expect(judgeAnswer(token, 503)).toBe('status 503');
  expect(judgeAnswer(token, 400, { headers: { 'content-type': 'text/html' } })).toBe('status 400 as text/html');
  expect(judgeAnswer(token, 400, { text: problem(404) })).toBe('status 400 without its problem');
  expect(judgeAnswer(token, 400, { text: 'no' })).toBe('status 400 without its problem');
  expect(judgeAnswer(token, 409)).toBe('undocumented status 409');
  expect(judgeAnswer(token, 302)).toBe('redirects with 302');
});

test('access that the document does not give is wrong', () => {
  expect(judgeAnswer(none, 200, { text: '{}', headers: PRIVATE })).toBe('none gets 200 instead of 401');
  expect(judgeAnswer(none, 400)).toBe('none gets 400 instead of 401');
  expect(judgeAnswer(key('mint'), 200, { text: '{}', headers: PRIVATE })).toBe('mint gets 200 instead of 403');
});

test('a stranger gets 404 only where the path reaches no operation', () => {
  for (const id of ['', '.', '..', '%2e%2E', 'a//b', 'a/b'])
    for (const status of [404, 405])
      expect(judgeAnswer(none, status, { path: `/v1/users/${id}/gallery?n=1` }), id).toBeUndefined();
  for (const id of ['me', 'unknown', '%2f', '%00', '%', '%ff', ';', '%252e', '%2e%2ex', "'(x)!*"])
    for (const [caller, refusal] of [
      [none, 401],
      [key('mint'), 403],
    ] as const)
      expect(judgeAnswer(caller, 404, { path: `/v1/users/${id}/gallery?n=1` }), id).toBe(
        `${caller.name} gets 404 instead of ${refusal}`,
      );
});

test('other players’ data and secrets are found wherever they stand', () => {
  const text = '{"title":"a canary1"}';
  expect(judgeAnswer(token, 200, { text, headers: PRIVATE })).toBe('shows a title');
  expect(judgeAnswer(token, 400, { text: problem(400).replace('No', 'canary1') })).toBe('shows a title');
  expect(judgeAnswer(key('read'), 200, { text, headers: PRIVATE })).toBeUndefined();
  expect(judgeAnswer(key('read'), 200, { text: '"s3cret"', headers: PRIVATE })).toBe('shows a secret');
});

test('a player’s answer must not be cached', () => {
  expect(judgeAnswer(token, 200, { text: '{}', headers: { 'cache-control': 'public' } })).toBe('may be cached');
});
