import { expect, test } from 'vitest';
import { encodeS3, sha256Hex, signRequest } from './sign-request.ts';

test('signatures are those of AWS’s own examples', () => {
  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  const sign = (method: string, path: string, headers: Record<string, string> = {}, body = '') =>
    signRequest({
      method,
      url: new URL(`https://examplebucket.s3.amazonaws.com${path}`),
      headers,
      bodySha256: sha256Hex(body),
      credentials: {
        accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
        secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      },
      region: 'us-east-1',
      now: Date.parse('2013-05-24T00:00:00Z'),
    }).authorization?.split('Signature=')[1];
  expect(sign('GET', '/test.txt', { range: 'bytes=0-9' })).toBe(
    'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
  );
  expect(
    sign(
      'PUT',
      `/${encodeS3('test$file.text')}`,
      { date: 'Fri, 24 May 2013 00:00:00 GMT', 'x-amz-storage-class': 'REDUCED_REDUNDANCY' },
      'Welcome to Amazon S3.',
    ),
  ).toBe('98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd');
  expect(sign('GET', '/?prefix=J&max-keys=2')).toBe('34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7');
});
