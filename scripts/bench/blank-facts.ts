// Manifest facts of a release that was neither trained nor measured, for made-up releases in benches and tests.

import type { RankingMetrics } from '../../models/contracts/release.ts';
import type { ReleaseFacts } from '../../models/release/seal-release.ts';

const UNMEASURED: RankingMetrics = {
  users: 0,
  'hitRate@10': 0,
  'ndcg@10': 0,
  'recall@20': 0,
  'ndcg@100': 0,
  mrr: 0,
  'coverage@10': 0,
  'novelty@10': 0,
};

/** `at`: time of creation. The self-test is empty. */
export const blankFacts = (version: string, algorithm: string, at: string): ReleaseFacts => ({
  version,
  algorithm,
  parameters: {},
  createdAt: at,
  data: { snapshot: 'none', from: at, until: at, users: 0, interactions: 0, lastSequences: [] },
  metrics: { protocol: 'none', candidate: UNMEASURED, popularity: UNMEASURED, current: null, best: null },
  selfTest: { history: [], expected: [] },
  trainSeconds: 0,
});
