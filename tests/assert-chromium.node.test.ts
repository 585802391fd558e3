import { expect, test } from 'vitest';
import { assertChromium } from './assert-chromium.ts';

test('without a browser, tests of the page are skipped locally and fail in CI', () => {
  expect(() => assertChromium(undefined, undefined)).not.toThrow();
  expect(() => assertChromium('/usr/bin/chromium', 'true')).not.toThrow();
  expect(() => assertChromium(undefined, 'true')).toThrow('There is no chromium');
});
