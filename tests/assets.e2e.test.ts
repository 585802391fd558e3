// The headers of static assets, which web/_headers sets: the Worker does not see these requests.

import { expect, inject, it } from 'vitest';
import { drawnCoverPath } from '../models/contracts/cover.ts';

const get = (path: string) => fetch(`${inject('url')}${path}`);

it('serves drawn covers with a policy that loads nothing, and the page with its own', async () => {
  for (const genre of ['Puzzle', 'Free to Play', 'Unheard-of']) {
    const cover = await get(drawnCoverPath(genre, 123_456));
    expect(cover.status).toBe(200);
    expect(cover.headers.get('content-type')).toBe('image/svg+xml');
    expect(cover.headers.get('content-security-policy')).toBe(
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    // Games show covers in their own pages, and engines read them as textures.
    expect(cover.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(cover.headers.get('access-control-allow-origin')).toBe('*');
    expect(cover.headers.get('cache-control')).toContain('max-age=86400');
    expect(cover.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await cover.text()).toMatch(/^<svg /);
  }
  const page = (await get('/')).headers;
  for (const directive of ["script-src 'self'", "base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'"])
    expect(page.get('content-security-policy')).toContain(directive);
  expect(page.get('access-control-allow-origin')).toBeNull();
});
