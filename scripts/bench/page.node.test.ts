import { expect, test } from 'vitest';
import { findFreePort } from '../local/local-server.ts';
import { benchPage } from './page.ts';

test('without a server it says what to do, and does not print the key', async () => {
  const url = `http://localhost:${await findFreePort()}`;
  await expect(benchPage(url, 'secret', () => {})).rejects.toThrow(`${url} does not answer: run npm start first`);
});
