import { expect, test } from 'vitest';
import { describeReady } from './ready.ts';

test('a start without a model in use says so beside the address', () => {
  expect(describeReady('http://localhost:8787', true)).toBe('ready http://localhost:8787');
  expect(describeReady('http://localhost:8787', false)).toMatch(/^ready http:\S+ without a personal model: /);
});
