// An evaluation as one HTML file: inline pictures, no script, nothing from elsewhere.

import type { Item } from '../../../models/contracts/item.ts';
import type { EvaluationCase } from '../../../models/evaluation/cases.ts';
import { LIST_LENGTH } from '../../../models/evaluation/ranking.ts';
import { html, type Markup, raw } from '../../html/markup.ts';
import { renderPage, section } from '../../html/page.ts';
import type { Measured } from '../measure.ts';
import { groupByHistory, groupByPopularity } from './groups.ts';
import { drawCurves, drawInterval, tabulateGroups } from './pictures.ts';

export interface ReportedEvaluation {
  title: string;
  /** The facts of the data set, in a sentence. */
  facts: string;
  /** The algorithm that would be published. */
  selected: string;
  measured: readonly Measured[];
  /** The test split. */
  cases: readonly EvaluationCase[];
  catalogue: ReadonlyMap<string, Item>;
  /** Number of players in the training data, by item id. */
  players: ReadonlyMap<string, number>;
}

/** Players whose lists are shown. */
const SHOWN_PLAYERS = 6;
const SHOWN_HISTORY = 10;

export function renderEvaluation(evaluation: ReportedEvaluation): string {
  const { title, facts, measured, cases, players } = evaluation;
  const hasCurves = measured.some(({ curve }) => curve.length > 1);
  return renderPage({
    title: `${title}: evaluation`,
    style: LISTS_STYLE,
    main: html`<h1>${title}</h1>
<p>${facts}</p>
${section('Accuracy', tabulateAccuracy(evaluation))}
${hasCurves ? section('Training', html`${drawCurves(measured)}${TRAINING}`) : null}
${section('By history', tabulateGroups('Games in the history', 'Players', groupByHistory(measured, cases)))}
<p>NDCG@10, by the number of games in a player’s history.</p>
${section(
  'By popularity',
  tabulateGroups('Popularity rank', 'Next games', groupByPopularity(measured, cases, players)),
)}
<p>Share of the next games that are among the first ten, by the game’s rank in number of players.</p>
${section('Lists', listPlayers(evaluation))}`,
  });
}

const TRAINING = html`<p>NDCG@10 on the validation split: the best model so far, by training time. Algorithms that
tried only one model have no curve.</p>`;

const LISTS_STYLE = `
.lists td, .lists th { vertical-align: top; white-space: normal; min-width: 11rem; }
.lists ol { margin: 0; padding-left: 1.4rem; }
tbody th { white-space: nowrap; }
.lists .hit { color: var(--better); font-weight: 600; }
details { margin: 0.8rem 0; } summary { cursor: pointer; font-weight: 600; }
`;

function tabulateAccuracy({ measured, selected }: ReportedEvaluation): Markup {
  const end = Math.max(...measured.map(({ result }) => result.ci95['ndcg@10'][1]));
  const rows = measured.map(({ result }) => {
    const { algorithm, metrics, ci95, forwardMs, trainSeconds, fileMB } = result;
    return html`<tr><th scope="row">${algorithm}${algorithm === selected ? ' *' : ''}</th>
      <td class="number">${metrics['ndcg@10'].toFixed(4)}</td>
      <td>${drawInterval(ci95['ndcg@10'], metrics['ndcg@10'], end)}</td>
      ${[
        metrics['hitRate@10'].toFixed(4),
        metrics['recall@20'].toFixed(4),
        metrics.mrr.toFixed(4),
        metrics['coverage@10'].toFixed(3),
        metrics['novelty@10'].toFixed(2),
        forwardMs.toFixed(2),
        trainSeconds.toFixed(1),
        fileMB.toFixed(1),
      ].map((cell) => html`<td class="number">${cell}</td>`)}</tr>`;
  });
  const titles = [
    'Hit rate@10',
    'Recall@20',
    'MRR',
    'Coverage@10',
    'Novelty@10',
    'Pass, ms',
    'Training, s',
    'File, MB',
  ];
  return html`<div class="scroll" role="region" aria-label="Accuracy" tabindex="0"><table>
    <thead><tr><th scope="col">Algorithm</th><th scope="col" class="number">NDCG@10</th>
    <th scope="col">95% interval, from 0</th>
    ${titles.map((one) => html`<th scope="col" class="number">${one}</th>`)}</tr></thead>
    <tbody>${rows}</tbody></table></div>
    <p>* best on the validation split. Pass: median time to score the whole catalogue for one history.</p>`;
}

/** Players from the whole test split, each with every algorithm's list side by side. */
function listPlayers(evaluation: ReportedEvaluation): Markup {
  const { cases } = evaluation;
  const stride = Math.max(1, Math.floor(cases.length / SHOWN_PLAYERS));
  const shown = Array.from(cases.keys()).filter((n) => n % stride === 0);
  return html`${shown.slice(0, SHOWN_PLAYERS).map((n, at) => listPlayer(evaluation, n, at === 0))}
    <p>The player’s next games are marked.</p>`;
}

function listPlayer({ measured, cases, catalogue }: ReportedEvaluation, n: number, isOpen: boolean): Markup {
  const { history, targets } = cases[n]!;
  const name = (itemId: string) => catalogue.get(itemId)?.title ?? itemId;
  const mark = (itemId: string) =>
    targets.includes(itemId)
      ? html`<li class="hit">${name(itemId)} <span aria-label="was next">✓</span></li>`
      : html`<li>${name(itemId)}</li>`;
  const list = ({ lists, itemIds }: Measured) =>
    Array.from(lists.subarray(n * LIST_LENGTH, (n + 1) * LIST_LENGTH)).flatMap((item) =>
      item < 0 ? [] : mark(itemIds[item]!),
    );
  const columns = [
    { title: 'Last games', items: history.slice(0, SHOWN_HISTORY).map(({ itemId }) => html`<li>${name(itemId)}</li>`) },
    { title: 'Next games', items: targets.slice(0, LIST_LENGTH).map((itemId) => html`<li>${name(itemId)}</li>`) },
    ...measured.map((one) => ({ title: one.result.algorithm, items: list(one) })),
  ];
  const label = `Lists of player ${n + 1}`;
  return html`<details ${raw(isOpen ? 'open' : '')}><summary>${label}</summary>
    <div class="scroll lists" role="region" aria-label="${label}" tabindex="0"><table>
    <thead><tr>${columns.map(({ title }) => html`<th scope="col">${title}</th>`)}</tr></thead>
    <tbody><tr>${columns.map(({ items }) => html`<td><ol>${items}</ol></td>`)}</tr></tbody></table></div></details>`;
}
