// Experiments with simulated players over HTTP: a better variant that is found, a harmful one that stops itself, and
// one question asked twice, by splitting players and by interleaving. Players come in groups until there is an answer.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Experiment } from '../../models/contracts/experiment.ts';
import type { ExperimentReport, Verdict } from '../../models/contracts/experiment-report.ts';
import type { Gallery } from '../../models/contracts/gallery.ts';
import type { ExperimentClient } from '../experiments/call.ts';
import type { Player } from '../world/players.ts';
import { drawPlayers, forEachAtOnce, simulatePlayer, type Tally, type VisitPlan } from './round.ts';

/** Players who come together. */
export const GROUP = 60;
/** Longer than the queues wait for more messages. */
const SETTLE_MS = 5_000;

interface Question {
  experimentId: string;
  /** As the API takes them. */
  fields: object;
  /** The answer that ends it; any, unless given. */
  until?: Verdict;
}

const QUESTIONS: readonly Question[] = [
  {
    experimentId: 'personal',
    fields: {
      hypothesis: 'The whole algorithm is clicked more than the order of popularity.',
      guardrails: [{ metric: 'empty-rate' }, { metric: 'failure-rate' }],
      variants: [
        { id: 'control', share: 0.5, policy: 'popularity' },
        { id: 'full', share: 0.5 },
      ],
    },
  },
  {
    experimentId: 'annoying',
    until: 'harmful',
    fields: {
      hypothesis: 'Games that are likely to be dismissed make players look around.',
      variants: [
        { id: 'control', share: 0.5 },
        {
          id: 'annoying',
          share: 0.5,
          settings: { actionUtilities: { click: 1, play: -4, like: -3, purchase: -6, dismiss: 40 } },
        },
      ],
    },
  },
  ...(['split', 'interleaving'] as const).map((kind) => ({
    experimentId: `clicks-only-${kind}`,
    fields: {
      hypothesis: 'A ranking that values clicks alone gets more of them.',
      kind,
      guardrails: [],
      variants: [
        { id: 'control', share: 0.5 },
        {
          id: 'clicks-only',
          share: 0.5,
          settings: { actionUtilities: { click: 1, play: 0, like: 0, purchase: 0, dismiss: 0 } },
        },
      ],
    },
  })),
];

/** The sums over the players of one variant. */
export interface VariantSums {
  players: number;
  visits: number;
  impressions: number;
  clicks: number;
  plays: number;
  dismissals: number;
}

export interface ExperimentOutcome {
  experimentId: string;
  hypothesis: string;
  kind: 'split' | 'interleaving';
  /** `open`: no answer with as many players as were allowed. */
  verdict: Verdict;
  /** Players who took part until then. */
  players: number;
  stoppedBy: string | null;
  /** By variant, as the players saw it; an interleaving has one, all players. */
  variants: Record<string, VariantSums>;
  /** Clicks of the variant's players, less what they would have been at the control's rate per visit. */
  clicksGained: number | null;
  report: ExperimentReport;
}

export interface ExperimentsPlan extends VisitPlan {
  experiments: ExperimentClient;
  playersMax: number;
  /** Time for messages to arrive; SETTLE_MS unless given. */
  settleMs?: number;
  /** Runs the job that counts and watches experiments. */
  watch(): Promise<unknown>;
  onProgress(step: string): void;
}

/** Asks the questions one after the other. `round` of the plan: the players of each question are others. */
export async function askQuestions(plan: ExperimentsPlan): Promise<ExperimentOutcome[]> {
  const outcomes: ExperimentOutcome[] = [];
  for (const [at, question] of QUESTIONS.entries())
    outcomes.push(await askQuestion({ ...plan, round: plan.round + at }, question));
  return outcomes;
}

async function askQuestion(
  plan: ExperimentsPlan,
  { experimentId, fields, until }: Question,
): Promise<ExperimentOutcome> {
  await plan.experiments.put(experimentId, fields);
  await plan.experiments.start(experimentId);
  return followExperiment(plan, experimentId, until);
}

/** Lets players come until a running experiment has its answer: any, unless `until` is given. */
export async function followExperiment(
  plan: ExperimentsPlan,
  experimentId: string,
  until?: Verdict,
): Promise<ExperimentOutcome> {
  const { experiments, playersMax } = plan;
  const variants: Record<string, VariantSums> = {};
  const drawn = drawPlayers({ ...plan, players: playersMax });
  for (let players = 0; ; ) {
    const group = drawn.slice(players, players + GROUP);
    await visitStore(plan, experimentId, group, variants);
    players += group.length;
    const { experiment, report } = await count(plan, experimentId);
    const { verdict } = report.verdicts[0]!;
    plan.onProgress(`${experimentId}: ${players} players, ${verdict}`);
    const isOpen = until === undefined ? verdict === 'open' : verdict !== until;
    if (isOpen && experiment.state === 'running' && players < drawn.length) continue;
    if (experiment.state === 'running') await experiments.stop(experimentId, `the answer is: ${verdict}`);
    return describe(experiment, { verdict, players, variants, report });
  }
}

/** Adds the players' sums to those of their variants. */
async function visitStore(
  plan: ExperimentsPlan,
  experimentId: string,
  players: readonly Player[],
  variants: Record<string, VariantSums>,
): Promise<void> {
  await forEachAtOnce(players, async (player) => {
    let variant: string | undefined;
    const onGallery = (gallery: Gallery) => {
      variant ??= gallery.experiments.find((one) => one.experimentId === experimentId)?.variant;
    };
    const tally = await simulatePlayer({ ...plan, player, userId: `${experimentId}-${player.userId}`, onGallery });
    if (variant !== undefined) variants[variant] = add(variants[variant], tally);
  });
}

const describe = (
  { experimentId, hypothesis, kind, variants: [control, variant], stoppedVariants }: Experiment,
  now: Pick<ExperimentOutcome, 'verdict' | 'players' | 'variants' | 'report'>,
): ExperimentOutcome => ({
  ...{ experimentId, hypothesis, kind },
  ...now,
  stoppedBy: stoppedVariants[0]?.reason ?? null,
  clicksGained: kind === 'split' ? computeGain(now.variants[control!.id], now.variants[variant!.id]) : null,
});

const add = (sums: VariantSums | undefined, tally: Tally): VariantSums => ({
  players: (sums?.players ?? 0) + 1,
  visits: (sums?.visits ?? 0) + tally.visits,
  impressions: (sums?.impressions ?? 0) + tally.impressions,
  clicks: (sums?.clicks ?? 0) + tally.clicks,
  plays: (sums?.plays ?? 0) + tally.plays,
  dismissals: (sums?.dismissals ?? 0) + tally.dismissals,
});

const computeGain = (control: VariantSums | undefined, variant: VariantSums | undefined): number | null =>
  control && variant ? variant.clicks - (variant.visits * control.clicks) / control.visits : null;

/** Messages that arrive later are counted with the next group. */
async function count(
  { experiments, settleMs = SETTLE_MS, watch }: ExperimentsPlan,
  experimentId: string,
): Promise<{ experiment: Experiment; report: ExperimentReport }> {
  await sleep(settleMs);
  await watch();
  return { experiment: await experiments.read(experimentId), report: await experiments.readReport(experimentId) };
}
