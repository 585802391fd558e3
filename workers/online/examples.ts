// Examples of the JSON answers in the API document, by operation. Players and games are from the made-up store.

const item = {
  itemId: 'wynmere',
  title: 'Wynmere',
  genres: ['Strategy'],
  tags: ['RTS', 'Base-Building', 'Multiplayer', 'War'],
  developer: 'Lorvale Softworks',
  releaseDate: '2016-03-12',
  price: 9.99,
  currency: 'USD',
  ageRating: 16,
  platforms: ['windows', 'linux'],
  coverUrl: '/covers/strategy/26.svg',
  hidden: false,
};
const answer = {
  recommendationId: '0d5c7c52-5a0e-4f4b-9a3c-2f6f0f9b8f11',
  tier: 'online',
  release: '20260520T120000Z-blend-1f3ab2c4',
  generatedAt: '2026-05-20T12:00:00.000Z',
  dataUntil: '2026-05-20T11:58:12.000Z',
  degraded: [],
  experiments: [],
};
const list = {
  ...answer,
  items: [
    { itemId: 'wynmere', score: 1, reason: 'Popular' },
    { itemId: 'rising-towers', score: 0.82, reason: 'Popular' },
  ],
};
const gallery = {
  ...answer,
  rows: [
    {
      id: 'because-wynmere',
      title: 'Because you played Wynmere',
      reason: 'Similar to Wynmere',
      items: [{ itemId: 'ulgard-maneuver', score: 0.93, reason: 'Similar to Wynmere' }],
    },
  ],
};
const results = [{ id: 'click-1', status: 'accepted' }];
const preferences = {
  genres: ['Strategy'],
  items: ['wynmere'],
  lessGenres: [],
  mutedGenres: ['Horror'],
  mutedTags: [],
  popularity: 0,
  releasedFrom: null,
  releasedUntil: null,
  ageLimit: null,
};
const rule = {
  ruleId: 'spring-sale',
  action: 'boost',
  match: { genres: ['Strategy'] },
  audience: { countries: ['CH'] },
  factor: 2,
  startsAt: '2026-05-01T00:00:00Z',
  endsAt: '2026-06-01T00:00:00Z',
  reason: 'Spring sale',
};
const experiment = {
  experimentId: 'short-pages',
  hypothesis: 'Players who see three rows instead of twelve click as often, and more of them play.',
  kind: 'split',
  layer: 'pages',
  variants: [
    { id: 'control', share: 0.5, isShadow: false },
    { id: 'short', share: 0.5, isShadow: false, settings: { rows: ['top-picks', 'trending', 'new'] } },
  ],
  audience: { share: 0.2, platforms: ['windows'] },
  startsAt: null,
  endsAt: '2026-06-20T00:00:00Z',
  primaryMetric: 'play-rate',
  guardrails: [{ metric: 'dismissal-rate', limit: 0.1 }],
  state: 'draft',
  startedAt: null,
  stoppedAt: null,
  stopReason: null,
  slice: null,
  stoppedVariants: [],
  namedRelease: null,
};
const runningExperiment = {
  ...experiment,
  state: 'running',
  startedAt: '2026-05-20T12:00:00.000Z',
  slice: { from: 0, to: 0.2 },
};
const playRates = {
  metric: 'play-rate',
  group: 'all',
  isPrimary: true,
  isHarm: false,
  control: { variant: 'control', users: 4_012, value: 0.0412 },
  variants: [
    {
      variant: 'short',
      users: 3_988,
      value: 0.0458,
      difference: 0.0046,
      interval: [-0.0001, 0.0093],
      adjustedDifference: 0.0044,
      cupedInterval: [0.0007, 0.0081],
      isSignificant: true,
      moreUsersNeeded: 0,
    },
  ],
};
const report = {
  experimentId: 'short-pages',
  verdicts: [{ variant: 'short', verdict: 'better' }],
  sampleRatio: {
    variants: [
      { variant: 'control', users: 4_012, expectedUsers: 4_000 },
      { variant: 'short', users: 3_988, expectedUsers: 4_000 },
    ],
    chiSquare: 0.072,
    pValue: 0.788,
    isBroken: false,
  },
  metrics: [playRates],
  guardrails: [
    {
      variant: 'short',
      metric: 'dismissal-rate',
      limit: 0.1,
      control: 0.0101,
      value: 0.0099,
      bound: -0.0031,
      isBreached: false,
    },
  ],
  interleaving: null,
  madeAt: '2026-05-27T09:30:00.000Z',
  days: [{ at: '2026-05-27T00:00:00.000Z', variant: 'short', difference: 0.0043, interval: [-0.0006, 0.0092] }],
  shadows: [],
};
const evaluation = {
  key: 'short-pages',
  value: 'short',
  variant: 'short',
  reason: 'SPLIT',
  metadata: { experimentId: 'short-pages', layer: 'pages', isControl: false },
};
const subscription = {
  subscriptionId: '6f1c1f0e-8f1d-4c6e-9e36-0b0f4a5d1c22',
  url: 'https://example.com/hook',
  events: ['release.published', 'job.failed'],
  createdAt: '2026-05-20T12:00:00.000Z',
  lastDelivery: null,
};
const key = {
  keyId: '9f86d081884c7d65',
  name: 'Game server',
  scopes: ['ingest', 'read'],
  createdAt: '2026-05-20T12:00:00.000Z',
  createdBy: 'ADMIN_KEY-1',
  expiresAt: null,
  origins: null,
  ratePerMinute: null,
};
const token = {
  userId: 'guest:3q2-7wAAAAAAAAAAAAAAAA',
  token: 'eyJhbGciOiJFZERTQSIsImtpZCI6IjAtYjNjMVpxMHBYdzNzIiwidHlwIjoiSldUIn0.e30.c2lnbmF0dXJl',
  expiresAt: '2026-05-20T13:00:00.000Z',
};
const receipt = {
  erasureId: '1b4e28ba-2fa1-41d2-883f-0016d3cca427',
  state: 'running',
  requestedAt: '2026-05-20T12:00:00.000Z',
  finishedAt: null,
  stores: [{ store: 'log', state: 'waiting', rows: null, at: null }],
  release: null,
};

const issuer = {
  issuerId: '5f0f6b9e-2f0c-4c0e-9a51-6d1c8f2b7a10',
  issuer: 'https://api.epicgames.dev/auth/v1/oauth',
  jwksUrl: 'https://api.epicgames.dev/auth/v1/oauth/jwks',
  audience: 'xyza7891TestClient',
  claim: 'sub',
  prefix: 'epic:',
  createdAt: '2026-05-01T09:00:00.000Z',
  createdBy: 'ADMIN_KEY-1',
  keys: { count: 2, readAt: '2026-05-20T11:55:03.000Z', failure: null },
};
const metrics = {
  users: 2_000,
  'hitRate@10': 0.31,
  'ndcg@10': 0.184,
  'recall@20': 0.42,
  'ndcg@100': 0.263,
  mrr: 0.159,
  'coverage@10': 0.61,
  'novelty@10': 7.2,
};
const release = {
  version: answer.release,
  failure: null,
  summary: {
    algorithm: 'blend',
    parameters: { 'item-knn': 0.4, transitions: 0.6 },
    createdAt: '2026-05-20T12:00:00.000Z',
    items: 2_000,
    data: {
      snapshot: '20260520T110500000Z',
      from: '2026-02-20T08:12:45.000Z',
      until: answer.dataUntil,
      users: 2_981,
      interactions: 60_412,
      lastSequences: [81_337],
    },
    metrics: {
      protocol: 'the last interaction of 67% of the players, held out; whole catalogue, history left out',
      candidate: metrics,
      popularity: { ...metrics, 'hitRate@10': 0.14, 'ndcg@10': 0.071 },
      current: { ...metrics, 'hitRate@10': 0.3, 'ndcg@10': 0.179 },
      best: {
        version: '20260520T060000Z-transitions-9d02c7aa',
        metrics: { ...metrics, 'hitRate@10': 0.3, 'ndcg@10': 0.179 },
      },
    },
    trainSeconds: 94.2,
    modelBytes: 1_640_213,
    ranking: null,
  },
};
const inUse = {
  version: answer.release,
  previous: '20260520T060000Z-transitions-9d02c7aa',
  pinned: false,
  movedAt: '2026-05-20T12:02:11.000Z',
};
const deadLetter = {
  letterId: '4f6a21c09d',
  queue: 'events',
  reason: 'failed too often',
  receivedAt: '2026-05-20T11:40:00.000Z',
  replayedAt: null,
  bytes: 412,
};
const jobRun = {
  runId: 4_021,
  cron: '5 * * * *',
  startedAt: '2026-05-20T11:05:00.000Z',
  durationMs: 640,
  rows: 812,
  outcome: 'done',
  error: null,
};
export const EXAMPLES: Readonly<Record<string, unknown>> = {
  postEvents: { results },
  getGallery: gallery,
  postGallery: { results, gallery },
  getRecommendations: list,
  getPopular: list,
  getTrending: list,
  getBestRated: list,
  getNew: list,
  getSimilar: { ...list, items: [{ itemId: 'wynmere-2', score: 1, reason: 'Similar to Wynmere' }] },
  getSearch: { ...list, items: [{ itemId: 'wynmere', score: 1, reason: 'Found for “wynmere”' }] },
  putItem: item,
  postItems: { stored: 1 },
  patchItem: item,
  getItem: item,
  getItems: { items: [item], cursor: null },
  getUsers: { users: [{ userId: 'player-0001', lastEventAt: '2026-05-20T11:58:12.000Z' }] },
  getSignals: {
    history: [{ itemId: 'wynmere', weight: 1, ageDays: 0.2, strongestType: 'play', playedDaysAgo: 0.2 }],
    owned: ['wynmere'],
    played: ['wynmere'],
    liked: [],
    dismissed: [],
    searches: ['tower defense'],
    shown: [{ itemId: 'rising-towers', times: 3, passedOver: 2 }],
    preferences,
    genres: [{ genre: 'Strategy', share: 1 }],
  },
  putPreferences: preferences,
  getPreferences: preferences,
  postMerge: { merged: token.userId },
  getMerges: {
    merges: [{ guestId: token.userId, mergedAt: '2026-05-20T12:00:00.000Z', openUntil: '2026-06-19T12:00:00.000Z' }],
  },
  deleteUser: receipt,
  getErasure: receipt,
  postTokens: token,
  postGuests: { ...token, expiresAt: '2026-06-19T12:00:00.000Z' },
  getPublicKeys: {
    keys: [
      {
        kty: 'OKP',
        crv: 'Ed25519',
        // From RFC 8037, appendix A.
        x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
        kid: '0-b3c1Zq0pXw3s',
        nbf: 1_777_593_600,
        alg: 'EdDSA',
        use: 'sig',
      },
    ],
  },
  postRule: rule,
  putRule: rule,
  getRule: rule,
  getRules: { rules: [{ ...rule, inForce: true }] },
  getExperiments: { experiments: [runningExperiment] },
  putExperiment: experiment,
  getExperiment: runningExperiment,
  startExperiment: runningExperiment,
  stopExperiment: {
    ...runningExperiment,
    state: 'stopped',
    stoppedAt: '2026-05-27T09:30:00.000Z',
    stopReason: 'enough is known',
  },
  getExperimentReport: report,
  evaluateFlags: { flags: [evaluation] },
  evaluateFlag: evaluation,
  getReleases: { inUse, failure: null, releases: [release], cursor: null },
  getRelease: release,
  activateRelease: { ...inUse, failure: null },
  pinRelease: { ...inUse, pinned: true },
  postSubscription: { ...subscription, secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw' },
  getSubscriptions: { subscriptions: [subscription] },
  postKey: { ...key, key: 'bloodstream_9f86d081884c7d65_example-secret-example-secret-example-secre' },
  getKeys: { keys: [key] },
  postIssuer: issuer,
  getIssuers: { issuers: [issuer] },
  getAuditLog: {
    entries: [
      {
        entryId: 1,
        at: '2026-05-20T12:00:00.000Z',
        keyId: key.createdBy,
        method: 'PUT',
        path: '/v1/rules/{ruleId}',
        ids: { ruleId: rule.ruleId },
        status: 200,
        before: null,
        after: rule,
      },
    ],
    cursor: null,
  },
  getDeadLetters: { letters: [deadLetter], cursor: null },
  getDeadLetter: { ...deadLetter, body: [{ id: 'click-1', userId: 'player-0001', type: 'click', itemId: 'wynmere' }] },
  replayDeadLetter: { ...deadLetter, replayedAt: '2026-05-20T12:00:00.000Z' },
  replayDeadLetters: { letters: 1_000, remaining: 212 },
  deleteDeadLetters: { letters: 3, remaining: 0 },
  getJobs: {
    jobs: [
      {
        job: 'export-snapshot',
        crons: ['5 * * * *'],
        nextDueAt: '2026-05-20T12:05:00.000Z',
        isLate: false,
        requestedAt: null,
        lastSuccess: { startedAt: jobRun.startedAt, durationMs: 640, rows: 812 },
        lastFailure: null,
        lastRun: jobRun,
      },
    ],
  },
  getJobRuns: { runs: [jobRun], cursor: null },
  postJobRun: { job: 'export-snapshot', requestedAt: '2026-05-20T12:00:00.000Z' },
  getMetrics: {
    from: '2026-05-19T12:00:00.000Z',
    to: '2026-05-20T12:00:00.000Z',
    metrics: [
      {
        name: 'clicks',
        kind: 'counter',
        unit: null,
        help: 'Clicks in reaction to an answer. position: the column in its row, from 0',
        values: [
          { at: null, labels: { row: 'top-picks' }, value: 1_204 },
          { at: null, labels: { row: 'trending' }, value: 310 },
        ],
      },
    ],
  },
  getHealth: { status: 'ok' },
  getStatus: {
    workerVersion: 'a8f5b0c2-6d1e-4b3f-9c57-2e8d4f1a7b60',
    release: answer.release,
    engine: 'onnx',
    modelMemory: 'plain',
    modelMemoryMB: 16.8,
    state: {
      version: 1_779_275_400_000,
      publishedAt: '2026-05-20T11:10:00.000Z',
      ageSeconds: 4.2,
      hasUnpublished: false,
    },
    statisticsAt: '2026-05-20T11:10:00.000Z',
    items: 2_000,
    deadLetters: 0,
    log: {
      hours: [{ hour: '2026-05-20T11:00:00.000Z', accepted: 812, logged: 812 }],
      shards: [{ shard: 0, logged: 812, unmoved: 0, sizeMB: 24.6 }],
      unlogged: { users: 0, events: 0, oldestAgeSeconds: null },
    },
    failures: [],
    jobRuns: [
      {
        job: 'refresh-statistics',
        cron: '*/10 * * * *',
        startedAt: '2026-05-20T11:10:00.000Z',
        durationMs: 640,
        rows: 812,
        outcome: 'done',
        error: null,
      },
    ],
  },
};
