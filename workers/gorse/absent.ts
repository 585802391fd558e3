// The endpoints of gorse's API that have no counterpart here. Each says what to use instead.

import type { App } from '../online/endpoint.ts';
import { ProblemError } from '../online/problems.ts';

const LOG = 'The log is read by a player at a time here, or whole with `npm run query`.';
const ABSENT: Readonly<Record<string, string>> = {
  '/api/feedback': LOG,
  '/api/feedback/:feedbackType': LOG,
  '/api/item/:itemId/feedback/:feedbackType?': LOG,
  '/api/user/:userId/neighbors': 'Users are not compared with each other here.',
  '/api/intermediate/*': 'There are no intermediate lists here; see /api/recommend.',
  '/api/measurements/*': 'Measurements are in /v1/stats and in the reports of `npm run train`.',
  '/api/health/*': 'The Worker’s health is at /health.',
  '/api/dashboard/*': 'The operator’s page is at /.',
};

export function routeAbsent(app: App): void {
  for (const [path, detail] of Object.entries(ABSENT))
    app.get(path, () => {
      throw new ProblemError('not-found', detail);
    });
}
