// Reports which games came into view, once per answer: otherwise "not wanted" and "not seen" look the same.

import type { Answer, NewEvent, RecommendedItem } from './types.ts';

const VISIBLE_SHARE = 0.5;

export type ShownAnswer = Pick<Answer, 'recommendationId'> & {
  /** Of a gallery. */
  rows?: readonly { items: readonly Pick<RecommendedItem, 'itemId'>[] }[];
  /** Of a list. */
  items?: readonly Pick<RecommendedItem, 'itemId'>[];
};

/** The position of each game, counted over all rows from 0, as events name them. */
export const listPositions = ({ rows = [], items = [] }: ShownAnswer): Map<string, number> =>
  new Map([...rows.flatMap((row) => row.items), ...items].map(({ itemId }, position) => [itemId, position]));

/** Watches the elements with `data-item` inside the element, also those that are added later. Returns `stop`. */
export function watchImpressions(
  element: Element,
  answer: ShownAnswer,
  report: (event: NewEvent) => void,
  offset = 0,
): () => void {
  const positions = listPositions(answer);
  const { recommendationId } = answer;
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        const itemId = (target as HTMLElement).dataset.item!;
        const position = positions.get(itemId);
        if (position === undefined) continue;
        positions.delete(itemId);
        report({ type: 'impression', itemId, recommendationId, position: position + offset });
      }
    },
    { threshold: VISIBLE_SHARE },
  );
  const observeAll = () => {
    for (const card of element.querySelectorAll('[data-item]')) observer.observe(card);
  };
  observeAll();
  const additions = new MutationObserver(observeAll);
  additions.observe(element, { childList: true, subtree: true });
  return () => {
    observer.disconnect();
    additions.disconnect();
  };
}
