import { expect, test } from 'vitest';
import { addKey, describeReady } from './ready.ts';

test('a start without a model in use says so beside the address', () => {
  const address = addKey('http://localhost:8787', 'a+b/c');
  expect(describeReady(address, true)).toBe('ready http://localhost:8787/#key=a%2Bb%2Fc');
  expect(describeReady(address, false)).toMatch(/^ready http:\S+ without a personal model: /);
});
