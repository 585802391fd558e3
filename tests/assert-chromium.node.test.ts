import { expect, test } from 'vitest';
import { assertChromium } from './assert-chromium.ts';

test('a missing browser skips the tests of the page, but fails them in CI', () => {
  expect(() => assertChromium(undefined, undefined)).not.toThrow();
  expect(() => assertChromium('/usr/bin/chromium', 'true')).not.toThrow();
  expect(() => assertChromium(undefined, 'true')).toThrow('There is no chromium');
});
