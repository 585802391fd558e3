// Prints a run of chaos for people.

import { formatDuration } from '../terminal/duration.ts';
import type { ChaosReport } from './run.ts';

export const isClean = ({ lost, doubled, unlogged, miscounted }: ChaosReport): boolean =>
  lost.object + lost.log + doubled.object + doubled.log + unlogged + miscounted === 0;

const sumOf = (counts: object): number => Object.values(counts).reduce((sum: number, n: number) => sum + n, 0);

/** Planned faults that did not happen: without them, a clean report proves less than it claims. */
export const listMissingFaults = (
  { kills, messages, statements, exported }: ChaosReport,
  planned: { kills: number; outageMs: number },
): string[] => [
  ...(sumOf(kills) < planned.kills ? [`${planned.kills - sumOf(kills)} kills`] : []),
  ...(planned.outageMs > 0 && sumOf(statements) === 0 ? ['the outage of D1'] : []),
  ...Object.entries(messages).flatMap(([fault, n]) => (n === 0 ? [`messages ${fault}`] : [])),
  ...(exported === 0 ? ['an export during the run'] : []),
];

export function formatReport(report: ChaosReport): string {
  const { events, players, lost, doubled, kills, messages, statements, retries, unlogged } = report;
  const count = (n: number) => n.toLocaleString('en');
  const killed = Object.entries(kills).map(([victim, n]) => `${victim} ${n}`);
  const disturbed = Object.entries(messages).map(([fault, n]) => `${fault} ${count(n)}`);
  return [
    `${count(events)} events of ${count(players)} players acknowledged, ${count(retries)} requests sent again`,
    ...(report.shards.length === 1 ? [] : [`events by database of the log: ${report.shards.map(count).join(', ')}`]),
    `${sumOf(kills)} kills (${killed.join(', ')})`,
    `failed statements of D1: refused ${count(statements.refused)}, carried out ${count(statements.carriedOut)}`,
    `queue messages: ${disturbed.join(', ')}`,
    `${formatDuration(1_000 * report.seconds)}, ${formatDuration(1_000 * report.drainSeconds)} of them to drain`,
    `lost in the objects  ${count(lost.object)}`,
    `lost in the log      ${count(lost.log)}`,
    `doubled              ${count(doubled.object + doubled.log)}`,
    `still in outboxes    ${count(unlogged)}`,
    `exported meanwhile   ${count(report.exported)}`,
    `players miscounted   ${count(report.miscounted)}`,
  ].join('\n');
}
