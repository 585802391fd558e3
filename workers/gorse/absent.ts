// The endpoints of gorse's API without a counterpart here. Each answer says what to use instead.

import { type App, limitAddressRate } from '../online/endpoint.ts';
import { ProblemError } from '../online/problems.ts';

const LOG = 'Read the feedback of one user at a time, or the whole log with `npm run query`.';
const ABSENT: Readonly<Record<string, string>> = {
  '/api/feedback': LOG,
  '/api/feedback/:feedbackType': LOG,
  '/api/item/:itemId/feedback/:feedbackType?': LOG,
  '/api/user/:userId/neighbors': 'Users are not compared with each other here.',
  '/api/intermediate/*': 'There are no intermediate lists here; use /api/recommend.',
  '/api/measurements/*': 'Counts are at /v1/metrics, measurements of models in the reports of `npm run train`.',
  '/api/health/*': 'The Worker’s health is at /health.',
  '/api/dashboard/*': 'There is no dashboard here; the state of the system is at /v1/status.',
};

export function routeAbsent(app: App): void {
  for (const [path, detail] of Object.entries(ABSENT))
    app.get(path, async (c) => {
      await limitAddressRate(c);
      throw new ProblemError('not-found', detail);
    });
}
