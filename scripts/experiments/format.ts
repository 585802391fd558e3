// Experiments as text for people.

import { type Experiment, isLowerBetter, type Variant } from '../../models/contracts/experiment.ts';
import { formatTable } from '../query/table.ts';

const LIST_COLUMNS = ['experiment', 'state', 'layer', 'players', 'variants', 'since', 'ends'];

export function formatList(experiments: readonly Experiment[]): string {
  if (experiments.length === 0) return 'No experiments yet: docs/guides/experiments.md.';
  const rows = experiments.map(({ experimentId, state, layer, audience, variants, startedAt, stoppedAt, endsAt }) => [
    experimentId,
    state,
    layer,
    formatShare(audience.share),
    variants.map(({ id }) => id).join(', '),
    startedAt && formatTime(startedAt),
    (stoppedAt ?? endsAt) && formatTime((stoppedAt ?? endsAt)!),
  ]);
  return formatTable({ columns: LIST_COLUMNS, rows, total: rows.length }, undefined);
}

export function formatExperiment(experiment: Experiment): string {
  const { experimentId, hypothesis, kind, state, stopReason, layer, audience, variants, stoppedVariants } = experiment;
  const { share, ...conditions } = audience;
  const { primaryMetric, guardrails, startedAt, stoppedAt, startsAt, endsAt } = experiment;
  const times = [
    ...(startsAt === null ? [] : [`starts ${formatTime(startsAt)}`]),
    ...(startedAt === null ? [] : [`started ${formatTime(startedAt)}`]),
    ...(endsAt === null ? [] : [`ends ${formatTime(endsAt)}`]),
    ...(stoppedAt === null ? [] : [`stopped ${formatTime(stoppedAt)}`]),
  ];
  return [
    `${experimentId} · ${kind} · ${[state, ...times].join(' · ')}${stopReason === null ? '' : `: ${stopReason}`}`,
    hypothesis,
    `Players: ${formatShare(share)} of all, in the layer ${layer}${formatConditions(conditions)}.`,
    ...variants.map((variant) => `  ${describeVariant(variant)}`),
    ...stoppedVariants.map(({ id, reason, at }) => `  ${id} was stopped at ${formatTime(at)}: ${reason}`),
    // Guardrails stop only variants of splits.
    `Decided by ${primaryMetric}.${kind === 'split' ? ` Guardrails: ${formatGuardrails(guardrails)}.` : ''}`,
  ].join('\n');
}

const formatGuardrails = (guardrails: Experiment['guardrails']): string =>
  guardrails
    .map(({ metric, limit }) => `${metric} ${isLowerBetter(metric) ? '+' : '−'}${formatShare(limit)}`)
    .join(', ') || 'none';

function describeVariant({ id, share, isShadow, release, policy, settings }: Variant): string {
  const changes = [
    ...(release === undefined ? [] : [`release ${release}`]),
    ...(policy === undefined ? [] : [`policy ${policy}`]),
    ...Object.entries(settings ?? {}).map(([name, value]) => `${name} ${JSON.stringify(value)}`),
  ];
  return `${id} · ${isShadow ? 'shadow' : formatShare(share)} · ${changes.join(', ') || 'as without the experiment'}`;
}

const formatConditions = (conditions: Omit<Experiment['audience'], 'share'>): string =>
  Object.entries(conditions)
    .map(([name, value]) => `, ${name} ${[value].flat().join(' ')}`)
    .join('');

const formatShare = (share: number): string => `${Number((100 * share).toPrecision(6))}%`;

const formatTime = (time: string): string => time.slice(0, 'YYYY-MM-DDThh:mm'.length).replace('T', ' ');
