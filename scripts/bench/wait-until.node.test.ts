import { expect, test } from 'vitest';
import { waitUntil } from './wait-until.ts';

test('waits for what comes, and not for ever for what does not', async () => {
  let asked = 0;
  await waitUntil('it serves', async () => ++asked === 3);
  expect(asked).toBe(3);
  await expect(waitUntil('it serves', async () => false, 1, 50)).rejects.toThrow('until it serves');
});
