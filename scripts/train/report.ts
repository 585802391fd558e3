// The report of a training: lines for people, an object for programs.

import type { ReleaseManifest } from '../../models/contracts/release.ts';
import { nameCanary } from '../../models/experiments/canary.ts';
import type { TrainedRelease } from '../../models/release/train-release.ts';

export interface Outcome {
  /** forced: published, although the gate refused it. */
  outcome: 'published' | 'forced' | 'refused';
  /** The release that stays in use because the pointer is pinned to it; null if the pointer is not pinned. */
  pinned: string | null;
  /** True if a canary shows it to some players first. */
  isCanary: boolean;
  reason: string;
  manifest: ReleaseManifest;
  candidates: TrainedRelease['candidates'];
  ranker: TrainedRelease['ranker'];
  seconds: number;
  peakMemoryMB: number;
}

export function toJson({ manifest, ...outcome }: Outcome): object {
  const { version, algorithm, parameters, items, data, metrics, model, ranking, trainSeconds } = manifest;
  const facts = { version, algorithm, parameters, items, data, metrics, modelBytes: model.bytes, trainSeconds };
  const ranker = { ...outcome.ranker, metrics: ranking?.metrics ?? null };
  return { ...outcome, ...facts, ranker };
}

export function formatReport({ manifest, candidates, ...outcome }: Outcome): string {
  const { version, algorithm, items, data, metrics, model, trainSeconds } = manifest;
  const byNdcg = candidates.toSorted((a, b) => b.validation - a.validation);
  const lines = [
    `${count(data.interactions)} interactions of ${count(data.users)} players with ${count(items)} games; ` +
      `the search took ${trainSeconds.toFixed(1)} s.`,
    `Selected ${algorithm}, the best on the validation split:`,
    ...byNdcg.map((candidate) => {
      const figures = `NDCG@10 ${candidate.validation.toFixed(4)}   trained in ${candidate.trainSeconds.toFixed(1)} s`;
      return `  ${candidate.algorithm.padEnd(16)}${figures}`;
    }),
    `Measured on the last interaction of ${count(metrics.candidate.users)} players, held out:`,
    formatFigures(algorithm, metrics.candidate),
    algorithm === 'popularity' ? null : formatFigures('popularity', metrics.popularity),
    metrics.current && formatFigures('release in use', metrics.current),
    metrics.best && formatFigures('best of last 10', metrics.best.metrics),
    RANKERS[outcome.ranker.outcome](outcome.ranker.reason),
    `The gate ${outcome.outcome === 'published' ? 'accepts' : 'refuses'}: ${outcome.reason}.`,
    outcome.outcome === 'refused'
      ? 'The release in use stays; --force publishes anyway.'
      : `Published ${version}, ${(model.bytes / 1e6).toFixed(1)} MB.`,
    outcome.pinned && explainPin(outcome.pinned, version),
    outcome.isCanary ? explainCanary(version) : null,
    `Took ${outcome.seconds} s and at most ${count(outcome.peakMemoryMB)} MB of memory.`,
  ];
  return lines.filter((line) => line !== null).join('\n');
}

const explainPin = (pinned: string, version: string): string =>
  `It is not in use: the pointer is pinned to ${pinned}. To put it into use: npm run releases -- activate ${version}`;

const explainCanary = (version: string): string =>
  'Some players see it first, and all once it is shown to be as good: ' +
  `npm run experiments -- report ${nameCanary(version)}`;

const RANKERS: Record<Outcome['ranker']['outcome'], (reason: string) => string> = {
  trained: (reason) => `Trained a ranking model: ${reason}.`,
  kept: (reason) => `Kept the ranking model in use: ${reason}.`,
  none: (reason) => `No ranking model; the prior ranks: ${reason}.`,
};

const formatFigures = (name: string, figures: ReleaseManifest['metrics']['candidate']): string =>
  `  ${name.padEnd(16)}NDCG@10 ${figures['ndcg@10'].toFixed(4)}   HR@10 ${figures['hitRate@10'].toFixed(4)}`;

const count = (n: number) => n.toLocaleString('en');
