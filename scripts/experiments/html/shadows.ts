// The table of shadows: variants that were computed behind answers and shown to nobody.

import { html, type Markup } from '../../html/markup.ts';
import { wrapTable } from './tables.ts';
import { formatCount, formatPercent } from './words.ts';

/** Means over the answers of a shadow; null where nothing could be compared. */
export interface ShadowSummary {
  variant: string;
  answers: number;
  failed: number;
  /** The share of the first row shown that the shadow's first row has, too. */
  overlap: number | null;
  /** Expected utilities of the first rows by the same model. */
  shownValue: number | null;
  shadowValue: number | null;
}

export const tabulateShadows = (shadows: readonly ShadowSummary[]): Markup =>
  wrapTable(
    'Shadows',
    html`<table><thead><tr><th scope="col">Shadow</th><th scope="col" class="number">Answers compared</th>
      <th scope="col" class="number">Failed</th><th scope="col" class="number">Same games in the first row</th>
      <th scope="col" class="number">Expected utility</th><th scope="col" class="number">Utility of what was shown</th>
      </tr></thead><tbody>${shadows.map(
        ({ variant, answers, failed, overlap, shownValue, shadowValue }) =>
          html`<tr><th scope="row">${variant}</th><td class="number">${formatCount(answers)}</td>
          <td class="number">${formatCount(failed)}</td>
          <td class="number">${overlap === null ? '–' : formatPercent(overlap).replace('+', '')}</td>
          <td class="number">${formatUtility(shadowValue)}</td>
          <td class="number">${formatUtility(shownValue)}</td></tr>`,
      )}</tbody></table>`,
  );

const formatUtility = (value: number | null) => (value === null ? '–' : value.toPrecision(3));
