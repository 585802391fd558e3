// What a report says about each variant, in plain words.

import { allowedChange, type Experiment } from '../../../models/contracts/experiment.ts';
import type { ExperimentReport, Verdict } from '../../../models/contracts/experiment-report.ts';
import {
  formatCount,
  formatDifference,
  formatEstimate,
  formatPercent,
  formatPValue,
  formatRelative,
  formatValue,
  nameMetric,
} from './words.ts';

export interface Sentence {
  verdict: Verdict;
  /** A few words. */
  title: string;
  /** One or two sentences. */
  text: string;
}

/** One for each variant. */
export const explainVerdicts = (experiment: Experiment, report: ExperimentReport): Sentence[] =>
  report.verdicts.map(({ variant, verdict }) => ({
    verdict,
    title: nameVerdict(variant, verdict),
    text: explain(experiment, report, variant, verdict),
  }));

function nameVerdict(variant: string, verdict: Verdict): string {
  switch (verdict) {
    case 'better':
      return `“${variant}” is better`;
    case 'worse':
      return `“${variant}” is worse`;
    case 'harmful':
      return `“${variant}” does harm`;
    case 'open':
      return `“${variant}”: not known yet`;
    case 'void':
      return `“${variant}” cannot be judged`;
  }
}

function explain(experiment: Experiment, report: ExperimentReport, variant: string, verdict: Verdict): string {
  if (verdict === 'harmful') return explainHarm(experiment, report, variant);
  if (verdict === 'void')
    return (
      'The variants’ numbers of players do not match their shares ' +
      `(${formatPValue(report.sampleRatio!.anytimePValue)}). ` +
      'Players are lost on one side, so no figures can be compared; find the cause first.'
    );
  return report.interleaving === null
    ? explainSplit(experiment, report, variant)
    : explainPreference(report.interleaving);
}

function explainHarm(experiment: Experiment, report: ExperimentReport, variant: string): string {
  const stopped = experiment.stoppedVariants.find(({ id }) => id === variant);
  const breached = report.guardrails.filter((one) => one.variant === variant && one.isBreached);
  return [
    ...breached.map(
      ({ metric, value, control, limit }) =>
        `${nameMetric(metric)}: ${formatValue(metric, value)}, against ${formatValue(metric, control)} for the ` +
        `control; the limit is ${formatPercent(allowedChange({ metric, limit }))}.`,
    ),
    ...(stopped === undefined ? [] : [`It was stopped on ${stopped.at.slice(0, 10)}: ${stopped.reason}.`]),
  ].join(' ');
}

function explainSplit({ primaryMetric }: Experiment, report: ExperimentReport, variant: string): string {
  const primary = report.metrics.find(({ isPrimary, group }) => isPrimary && group === 'all');
  const estimate = primary?.variants.find((one) => one.variant === variant);
  const bounds = estimate?.cupedInterval ?? estimate?.interval;
  if (!primary || !estimate || !bounds)
    return 'Too few players have seen it so far: at least 30 are needed on each side.';
  const control = primary.control.value!;
  const say = (difference: number) =>
    formatRelative(difference, control) ?? formatDifference(primaryMetric, difference);
  const measured =
    `${nameMetric(primaryMetric)}: ${formatValue(primaryMetric, estimate.value)}, against ` +
    `${formatValue(primaryMetric, control)} for the control.`;
  const difference = estimate.adjustedDifference ?? estimate.difference!;
  const range = `The difference is ${say(difference)}, with an interval from ${say(bounds[0])} to ${say(bounds[1])}.`;
  return [measured, range, ...(estimate.isSignificant ? [] : [explainMore(estimate.moreUsersNeeded)])].join(' ');
}

function explainPreference(interleaving: NonNullable<ExperimentReport['interleaving']>): string {
  const { users, clicks, preference, interval, wins, losses, signPValue, moreUsersNeeded, isSignificant } =
    interleaving;
  const counts =
    `${formatCount(users)} players clicked ${formatCount(clicks)} times: ${formatCount(wins)} of them more often on ` +
    `its picks, ${formatCount(losses)} on the control’s (sign test: ${formatPValue(signPValue)}).`;
  if (interval === null) return `${counts} At least 30 players are needed.`;
  const range =
    `The mean preference for it is ${formatPercent(preference)}, with an interval from ` +
    `${formatPercent(interval[0])} to ${formatPercent(interval[1])}.`;
  return [counts, range, ...(isSignificant ? [] : [explainMore(moreUsersNeeded)])].join(' ');
}

const explainMore = (more: number | null) =>
  more === null
    ? 'It is too small to be told from chance with any realistic number of players.'
    : `If that is its true size, some ${formatEstimate(more)} more players will probably be enough to know.`;
