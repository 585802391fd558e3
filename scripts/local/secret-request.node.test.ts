import { expect, test } from 'vitest';
import { type SecretRequest, sendWithSecret } from './secret-request.ts';

const request: SecretRequest = {
  method: 'GET',
  url: 'http://127.0.0.1:1/',
  server: 'the Worker',
  secret: 'bloodstream_1_2',
  secretName: 'the key',
  timeoutMs: 1_000,
  remedy: ': start it',
};

test('a key that cannot be one is not taken for a server that does not answer, and is not shown', async () => {
  for (const secret of ['pasted…', 'two words', 'line\n'])
    await expect(sendWithSecret({ ...request, secret })).rejects.toThrow(
      /^the key has a character that no key or token has: copy it again, whole$/,
    );
  await expect(sendWithSecret(request)).rejects.toThrow(/^the Worker does not answer \(.+\): start it$/);
});
