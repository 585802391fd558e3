import { expect, test } from 'vitest';
import { explainRefusedAddress } from './subscription.ts';

test.each([
  ['https://example.com/hook', undefined],
  ['https://hooks.example.co.uk:8443/a?b=c', undefined],
  ['https://xn--bcher-kva.example/hook', undefined],
  ['not a url', 'must be a URL'],
  ['http://example.com/hook', 'must begin with https://'],
  ['ftp://example.com', 'must begin with https://'],
  ['https://name:word@example.com', 'must not contain credentials'],
  ['https://127.0.0.1/hook', 'must name a host, not a number'],
  ['https://0x7f.1/hook', 'must name a host, not a number'],
  ['https://2130706433/hook', 'must name a host, not a number'],
  ['https://017700000001/hook', 'must name a host, not a number'],
  ['https://169.254.169.254/latest', 'must name a host, not a number'],
  ['https://93.184.216.34/', 'must name a host, not a number'],
  ['https://[::1]/', 'must name a host, not a number'],
  ['https://[::ffff:10.0.0.1]/', 'must name a host, not a number'],
  ['https://localhost/hook', 'must lead to a public host'],
  ['https://LOCALHOST./hook', 'must lead to a public host'],
  ['https://a.localhost/hook', 'must lead to a public host'],
  ['https://router.local', 'must lead to a public host'],
  ['https://db.internal', 'must lead to a public host'],
  ['https://intranet', 'must lead to a public host'],
])('%s: %s', (address, refusal) => {
  expect(explainRefusedAddress(address, false)).toBe(refusal);
});

test('on the developer’s own machine only its own receivers are allowed beside public ones', () => {
  expect(explainRefusedAddress('http://localhost:9000/hook', true)).toBeUndefined();
  expect(explainRefusedAddress('http://127.0.0.1:9000/hook', true)).toBeUndefined();
  expect(explainRefusedAddress('http://10.0.0.1/hook', true)).toBe('must begin with https://');
  expect(explainRefusedAddress('https://router.local/hook', true)).toBe('must lead to a public host');
});
