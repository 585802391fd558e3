// Calls /v1/experiments of a Worker.

import type { Experiment } from '../../models/contracts/experiment.ts';
import type { ExperimentReport } from '../../models/contracts/experiment-report.ts';
import { openWorker } from '../local/call-worker.ts';

/** A report as the API answers. */
export interface ReportNow extends ExperimentReport {
  madeAt: string;
  days: { at: string; variant: string; difference: number; interval: [low: number, high: number] }[];
  shadows: {
    variant: string;
    answers: number;
    failed: number;
    overlap: number | null;
    shownValue: number | null;
    shadowValue: number | null;
  }[];
}

export interface ExperimentClient {
  /** Oldest first. */
  list(): Promise<Experiment[]>;
  read(experimentId: string): Promise<Experiment>;
  /** `fields`: as the API takes them. */
  put(experimentId: string, fields: object): Promise<Experiment>;
  start(experimentId: string): Promise<Experiment>;
  stop(experimentId: string, reason: string): Promise<Experiment>;
  readReport(experimentId: string): Promise<ReportNow>;
  delete(experimentId: string): Promise<void>;
}

/** `key`: one with the scope `admin`. */
export function openExperimentClient(url: string, key: string): ExperimentClient {
  const call = openWorker(url, key, 'npm run experiments -- list');
  const pathOf = (experimentId: string) => `/v1/experiments/${encodeURIComponent(experimentId)}`;
  return {
    list: async () => ((await call('GET', '/v1/experiments')) as { experiments: Experiment[] }).experiments,
    read: async (experimentId) => (await call('GET', pathOf(experimentId))) as Experiment,
    put: async (experimentId, fields) => (await call('PUT', pathOf(experimentId), fields)) as Experiment,
    start: async (experimentId) => (await call('POST', `${pathOf(experimentId)}/start`)) as Experiment,
    stop: async (experimentId, reason) =>
      (await call('POST', `${pathOf(experimentId)}/stop`, { reason })) as Experiment,
    readReport: async (experimentId) => (await call('GET', `${pathOf(experimentId)}/report`)) as ReportNow,
    delete: async (experimentId) => {
      await call('DELETE', pathOf(experimentId));
    },
  };
}
