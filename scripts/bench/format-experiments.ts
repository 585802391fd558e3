// The report of `npm run bench -- experiments` as Markdown.

import type { ExperimentsReport, Found, SimulationReport } from './experiments.ts';

export function formatExperiments({ looks, ...report }: ExperimentsReport): string {
  return [
    `Without an effect, looked at ${looks} times: how many of a hundred experiments raise a false alarm.`,
    '',
    ...formatFalseAlarms(report.falseAlarms),
    '',
    `Interleaving without a better side, ${report.preferences.simulations} times: paired test ` +
      `${formatShare(report.preferences.paired)}, sign test ${formatShare(report.preferences.sign)}.`,
    '',
    `With an effect, players arriving all along, ${looks} looks: how many of a hundred experiments find it, and the ` +
      'median of the players until then.',
    '',
    ...formatEffects(report.effects),
    '',
    'The same question by interleaving and by a split, looked at whenever the players have grown by a hundredth: ' +
      'median of the players until the better ranking is named.',
    '',
    ...formatQuestions(report.questions),
  ].join('\n');
}

const formatFalseAlarms = (reports: readonly SimulationReport[]): string[] => [
  '| players | simulations | fixed 95% at any look | fixed 95% at the last | clock of players | report: clicks per ' +
    'impression | without the days before | clicks per player | guardrail | sample ratio |',
  '|---|---|---|---|---|---|---|---|---|---|',
  ...reports.map(({ name, simulations, found }) => {
    const { fixed, fixedAtLast, byUsers, significant, unadjusted, significantMean, breached, brokenRatio } = found;
    const shares = [fixed, fixedAtLast, byUsers, significant, unadjusted, significantMean, breached, brokenRatio];
    return `| ${name} | ${simulations} | ${shares.map(({ share }) => formatShare(share)).join(' | ')} |`;
  }),
];

const formatEffects = (reports: readonly SimulationReport[]): string[] => [
  '| effect | simulations | report | without the days before | fixed 95% at the last look | guardrail | sample ratio |',
  '|---|---|---|---|---|---|---|',
  ...reports.map(({ name, simulations, found }) => {
    const { significant, unadjusted, fixedAtLast, breached, brokenRatio } = found;
    const all = [significant, unadjusted, fixedAtLast, breached, brokenRatio].map(formatFound);
    return `| ${name} | ${simulations} | ${all.join(' | ')} |`;
  }),
];

const formatQuestions = (questions: ExperimentsReport['questions']): string[] => [
  '| noise of the rankings | interleaving | split | ratio |',
  '|---|---|---|---|',
  ...questions.map(({ question, interleaving, split }) => {
    const ratio = (split.users ?? Number.NaN) / (interleaving.users ?? Number.NaN);
    const cells = [formatFound(interleaving), formatFound(split)];
    return `| ${question.control} against ${question.variant} | ${cells.join(' | ')} | ${ratio.toFixed(0)} |`;
  }),
];

const formatFound = (found: Found) =>
  found.users === null ? formatShare(found.share) : `${formatShare(found.share)}, ${formatCount(found.users)}`;
const formatShare = (share: number) => `${(100 * share).toFixed(1)}%`;
const formatCount = (count: number) => Math.round(count).toLocaleString('en');
