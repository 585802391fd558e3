// Prints a run of chaos for people.

import { formatDuration } from '../terminal/duration.ts';
import type { ChaosReport } from './run.ts';

export const isClean = ({ lost, doubled, unlogged }: ChaosReport): boolean =>
  lost.object + lost.log + doubled.object + doubled.log + unlogged === 0;

export function formatReport(report: ChaosReport): string {
  const { events, players, lost, doubled, kills, messages, outageSeconds, retries, unlogged } = report;
  const count = (n: number) => n.toLocaleString('en');
  const killed = Object.entries(kills).map(([victim, n]) => `${victim} ${n}`);
  const disturbed = Object.entries(messages).map(([fault, n]) => `${fault} ${count(n)}`);
  const total = Object.values(kills).reduce((sum, n) => sum + n, 0);
  return [
    `${count(events)} events of ${count(players)} players acknowledged, ${count(retries)} requests sent again`,
    `${total} kills (${killed.join(', ')}), D1 down for ${formatDuration(1_000 * outageSeconds)}`,
    `queue messages: ${disturbed.join(', ')}`,
    `${formatDuration(1_000 * report.seconds)}, ${formatDuration(1_000 * report.drainSeconds)} of them to drain`,
    `lost in the objects  ${count(lost.object)}`,
    `lost in the log      ${count(lost.log)}`,
    `doubled              ${count(doubled.object + doubled.log)}`,
    `still in outboxes    ${count(unlogged)}`,
  ].join('\n');
}
