// The report of an experiment as one HTML file: inline pictures, no script, nothing from elsewhere.

import type { Experiment } from '../../models/contracts/experiment.ts';
import type { ExperimentReport, MetricReport } from '../../models/contracts/experiment-report.ts';
import { html, type Markup } from '../html/markup.ts';
import { renderPage, section } from '../html/page.ts';
import { drawSequence, type ReportPoint } from './html/sequence-picture.ts';
import { type ShadowSummary, tabulateShadows } from './html/shadows.ts';
import { tabulateGuardrails, tabulateMetrics, tabulatePlayers, tabulatePreference } from './html/tables.ts';
import { explainVerdicts } from './html/verdict.ts';
import { nameMetric } from './html/words.ts';

export type { ReportPoint } from './html/sequence-picture.ts';

/**
 * Returns the HTML file. `madeAt`: ISO 8601, when the report was computed. `points`: the primary metric in reports made
 * earlier, in order of time, for the picture of the confidence sequence; it is left out with fewer than two. `shadows`:
 * their comparisons with what was shown.
 */
export function renderReport(
  experiment: Experiment,
  report: ExperimentReport,
  {
    madeAt,
    points = [],
    shadows = [],
  }: { madeAt: string; points?: readonly ReportPoint[]; shadows?: readonly ShadowSummary[] },
): string {
  const { metrics, guardrails, sampleRatio, interleaving } = report;
  const primary = metrics.filter(({ isPrimary }) => isPrimary);
  const others = metrics.filter(({ isPrimary }) => !isPrimary);
  const sequences = drawSequences(experiment, report, points);
  return renderPage({
    title: `${experiment.experimentId}: report of an experiment`,
    main: html`<h1>${experiment.experimentId}</h1>
<p>${experiment.hypothesis}</p>
${explainVerdicts(experiment, report).map(
  ({ verdict, title, text }) => html`<section class="verdict ${verdict}"><h2>${title}</h2><p>${text}</p></section>`,
)}
${describeExperiment(experiment, madeAt)}
${sampleRatio && section('Players', tabulatePlayers(sampleRatio))}
${interleaving && section('Preference', html`${tabulatePreference(interleaving)}${PREFERRING}`)}
${primary.length > 0 ? section(nameMetric(experiment.primaryMetric), tabulatePrimary(primary)) : null}
${sequences.length > 0 ? section('Over time', html`${sequences}`) : null}
${guardrails.length > 0 ? section('Guardrails', html`${tabulateGuardrails(guardrails)}${GUARDING}`) : null}
${shadows.length > 0 ? section('Shadows', tabulateShadows(shadows)) : null}
${others.length > 0 ? section('Other metrics', html`${tabulateMetrics('Other metrics', others)}${OTHERS}`) : null}`,
  });
}

const tabulatePrimary = (metrics: readonly MetricReport[]) =>
  html`${tabulateMetrics('Primary metric', metrics)}${READING}`;

const READING = html`<p class="muted">A bar is the interval for the true difference, as a share of the control’s
value. With a probability of 95%, the intervals of all reports ever read contain it, so this report may be read, and
the experiment stopped, at any time. The thick bar decides: from each player’s figures, it subtracts what the 14 days
before the experiment predict. The thin line is the interval without this.</p>`;

const GUARDING = html`<p class="muted">A guardrail is breached if the variant is worse than the control by more than
the limit, as a share of the control’s value. A variant that does no harm breaches one with a probability of at most
5%, however often they are tested.</p>`;

const PREFERRING = html`<p class="muted">Both variants take turns in each player’s first row, and a click counts for
the variant that picked the game. A player’s preference is the clicks on the variant’s picks less those on the
control’s, as a share of both; the table has its mean over players. The interval and the sign test may be read at any
time.</p>`;

const OTHERS = html`<p class="muted">Each interval holds on its own: one in twenty may be wrong. The primary metric
decides.</p>`;

function describeExperiment(experiment: Experiment, madeAt: string): Markup {
  const { kind, state, startedAt, stoppedAt, stopReason, variants } = experiment;
  const shown = variants.filter(({ isShadow }) => !isShadow);
  const facts: [string, string][] = [
    ['Report of', formatTime(madeAt)],
    ['State', [state, ...(stopReason === null ? [] : [stopReason])].join(': ')],
    ...(startedAt === null ? [] : [['Started', formatTime(startedAt)] as [string, string]]),
    ...(stoppedAt === null ? [] : [['Stopped', formatTime(stoppedAt)] as [string, string]]),
    ['Control', shown[0]!.id],
    [
      shown.length > 2 ? 'Variants' : 'Variant',
      shown
        .slice(1)
        .map(({ id }) => id)
        .join(', '),
    ],
    [
      'Kind',
      kind === 'split'
        ? 'split: each player sees one variant'
        : 'interleaving: each player’s first row has games picked by both variants',
    ],
  ];
  return html`<dl>${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function drawSequences(experiment: Experiment, report: ExperimentReport, points: readonly ReportPoint[]): Markup[] {
  return report.verdicts.flatMap(({ variant }) => {
    const own = points.filter((point) => point.variant === variant);
    if (own.length < 2) return [];
    return [html`<h3>${variant}</h3>${drawSequence(experiment.primaryMetric, variant, own)}`];
  });
}

const formatTime = (time: string) => `${time.slice(0, 'YYYY-MM-DDThh:mm'.length).replace('T', ' ')} UTC`;
