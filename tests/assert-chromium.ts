// Decides if the tests of the page may be skipped.

/** Throws in CI if there is no browser: nothing is skipped there. `ci`: the environment variable CI. */
export function assertChromium(path: string | undefined, ci: string | undefined): void {
  if (path === undefined && ci) throw new Error('There is no chromium: in CI the page is tested in a real browser.');
}
