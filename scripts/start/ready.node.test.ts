import { expect, test } from 'vitest';
import { addKey, describeReady } from './ready.ts';

test('a start ends with the address, what is missing beside it, and how it ends', () => {
  const address = addKey('http://localhost:8787', 'a+b/c');
  expect(describeReady(address, true)).toBe(
    'ready http://localhost:8787/#key=a%2Bb%2Fc\nLeave this running; Ctrl-C ends it.',
  );
  expect(describeReady(address, false)).toMatch(/^ready http:\S+ without a personal model: /);
});
