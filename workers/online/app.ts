// The app of the online tier: its routes, and what all of them share: errors as problems, and security headers.

import { OpenAPIHono } from '@hono/zod-openapi';
import { routeAlertRules } from './alert-rules.ts';
import { routeAlerts } from './alerts.ts';
import { routeAuditLog } from './audit-log.ts';
import { DOCUMENT_HEADERS, forbidCaching, revalidate } from './caching.ts';
import { routeCanaries } from './canaries.ts';
import { shareWithOrigins } from './cors.ts';
import { countRequest } from './count-request.ts';
import { routeDeadLetters } from './dead-letters.ts';
import { type AppEnv, limitAddressRate, markArrival } from './endpoint.ts';
import { routeEvents } from './events.ts';
import { routeExperimentReports } from './experiment-report.ts';
import { routeExperiments } from './experiments.ts';
import { routeGalleryAfterEvents } from './gallery-after-events.ts';
import { routeIssuers } from './issuers.ts';
import { routeItems } from './items.ts';
import { routeJobs } from './jobs.ts';
import { routeKeys } from './keys.ts';
import { routeLists } from './lists.ts';
import { routeMerge } from './merge.ts';
import { answerOtherMethods, limitUnrouted } from './methods.ts';
import { routeMetrics } from './metrics.ts';
import { routeOfrep } from './ofrep.ts';
import { explainToOfrep } from './ofrep-errors.ts';
import { createApiDocument } from './openapi.ts';
import { routePart } from './part.ts';
import { routePersonalData } from './personal-data.ts';
import { routePreferences } from './preferences.ts';
import { onError, problemResponse } from './problems.ts';
import { readQuery } from './query.ts';
import { showRateLimits } from './rate-headers.ts';
import { routeRecommendations } from './recommendations.ts';
import { routeReleases } from './releases.ts';
import { routeRules } from './rules.ts';
import { routeSearch } from './search.ts';
import { secureAnswers } from './security-headers.ts';
import { routeStatus } from './status.ts';
import { routeStream } from './stream.ts';
import { routeSubscriptions } from './subscriptions.ts';
import { routeTokens } from './tokens.ts';
import { routeUsers } from './users.ts';

export const app = new OpenAPIHono<AppEnv>();

app.use(countRequest, markArrival);
app.use(secureAnswers(), forbidCaching);
// The page corrects the clock of its events by it. Cloudflare adds the header, a local Worker does not.
app.use(async (c, next) => {
  await next();
  if (c.res.status !== 101) c.header('date', new Date().toUTCString());
});
for (const path of ['/v1/*', '/ofrep/*', '/health', '/metrics', '/openapi.json', '/.well-known/*'])
  app.use(path, shareWithOrigins);
app.use(showRateLimits, answerOtherMethods(app));
for (const path of ['/v1/items/*', '/openapi.json']) app.use(path, revalidate);
app.use('/ofrep/*', explainToOfrep);
app.onError(onError);
app.notFound(async (c) => {
  await limitUnrouted(c);
  return problemResponse('not-found', `No route matches ${c.req.method} ${c.req.path}; see /docs.`);
});
app.openAPIRegistry.registerComponent('securitySchemes', 'bearer', {
  type: 'http',
  scheme: 'bearer',
  description: 'A key with the scopes that the operation names, or with the scope `admin`.',
});
app.openAPIRegistry.registerComponent('securitySchemes', 'token', {
  type: 'http',
  scheme: 'bearer',
  bearerFormat: 'JWT',
  description:
    'A player’s token, from `POST /v1/tokens`, `POST /v1/guests` or an issuer (`/v1/issuers`). It opens its ' +
    'player’s data alone.',
});

// Lists under /v1/items come before the route of an item, which could have the same name.
routeEvents(app);
routeRecommendations(app);
routeGalleryAfterEvents(app);
routeLists(app);
routeSearch(app);
routeItems(app);
routeUsers(app);
routeStream(app);
routePreferences(app);
routeMerge(app);
routePart(app);
routePersonalData(app);
routeTokens(app);
routeRules(app);
routeExperiments(app);
routeExperimentReports(app);
routeOfrep(app);
routeReleases(app);
routeCanaries(app);
routeSubscriptions(app);
routeKeys(app);
routeIssuers(app);
routeAuditLog(app);
routeMetrics(app);
routeDeadLetters(app);
routeJobs(app);
routeAlerts(app);
routeAlertRules(app);
routeStatus(app);

// Public: it describes the code and shows no data. /docs, a static page, displays it.
const getApiDocument = createApiDocument(app);
app.get('/openapi.json', async (c) => {
  await limitAddressRate(c);
  readQuery(c.req.queries(), []);
  const { text, etag } = getApiDocument();
  return c.body(text, 200, { ...DOCUMENT_HEADERS, etag, 'content-type': 'application/json' });
});
