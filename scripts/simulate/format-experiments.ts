// The outcomes of simulated experiments as text.

import type { ExperimentOutcome, VariantSums } from './experiments.ts';

export const formatExperiments = (outcomes: readonly ExperimentOutcome[]): string =>
  outcomes.map(formatExperiment).join('\n\n');

function formatExperiment(outcome: ExperimentOutcome): string {
  const { experimentId, hypothesis, kind, verdict, players, stoppedBy, variants, clicksGained } = outcome;
  const stopped = stoppedBy === null ? '' : `; stopped automatically: ${stoppedBy}`;
  return [
    `${experimentId} (${kind}): ${hypothesis}`,
    `  ${verdict} after ${players.toLocaleString('en')} players${stopped}`,
    ...Object.entries(variants).map(([id, sums]) => `  ${id.padEnd(12)} ${formatSums(sums)}`),
    ...(clicksGained === null ? [] : [`  ${formatGain(clicksGained)}`]),
  ].join('\n');
}

const formatGain = (clicks: number): string =>
  `Its players clicked ${Math.abs(clicks).toFixed(0)} times ${clicks < 0 ? 'less' : 'more'} because of it.`;

function formatSums({ players, visits, impressions, clicks, plays, dismissals }: VariantSums): string {
  const perVisit = (sum: number) => (sum / visits).toFixed(2);
  const perImpression = (sum: number) => `${((100 * sum) / impressions).toFixed(2)}%`;
  return (
    `${players} players, ${perVisit(clicks)} clicks and ${perVisit(plays)} plays a visit, ` +
    `${perImpression(clicks)} clicked, ${perImpression(dismissals)} dismissed`
  );
}
