// One row of the gallery: its title, its reason, and cards that scroll sideways. Tab stops at one game of a row; arrow
// keys reach the others.

import { useState } from 'preact/hooks';
import type { Item } from '../../models/contracts/item.ts';
import type { TabStop } from '../browser/arrow-keys.ts';
import { memo } from '../browser/memo.ts';
import { noteScroll } from '../browser/position.ts';
import type { PendingPress } from '../player/use-act.ts';
import type { Act } from '../player/use-outbox.ts';
import { Card } from './card.tsx';
import { Hero } from './hero.tsx';
import { CloseIcon, NextIcon, PreviousIcon } from './icons.tsx';
import type { ShownCard, ShownRow } from './shown-gallery.ts';

export interface RowProps extends ShownRow {
  liked: ReadonlySet<string>;
  pending: PendingPress | null;
  onAct: Act;
  onExplain: (item: Item) => void;
  /** Shows the first game large. */
  withHero?: boolean;
  onClose?: () => void;
}

function FullRow({ id, title, reason, cards, liked, pending, onAct, onExplain, withHero, onClose }: RowProps) {
  const [focused, setFocused] = useState('');
  const [first, ...rest] = cards;
  const hero = withHero ? first : undefined;
  const stop = cards.find(({ item }) => item.itemId === focused) ?? first;
  const props = (card: ShownCard) => ({
    liked: liked.has(card.item.itemId),
    pending: pending?.itemId === card.item.itemId ? pending.type : undefined,
    tabindex: (card === stop ? 0 : -1) as TabStop,
    onAct,
    onExplain,
  });
  const noteFocus = ({ target }: Event) =>
    setFocused((now) => (target as Element).closest<HTMLElement>('[data-item]')?.dataset.item ?? now);
  return (
    <section class={hero || onClose ? 'row' : 'row deferred'} data-row={id} aria-label={title} onFocusIn={noteFocus}>
      {hero && <Hero key={hero.item.itemId} {...hero} {...props(hero)} />}
      <div class="row-head">
        <h2 title={title}>{title}</h2>
        <p>{reason}</p>
        {onClose ? (
          <button type="button" class="round" aria-label="Close the results" onClick={onClose}>
            <CloseIcon />
          </button>
        ) : (
          <Arrows />
        )}
      </div>
      <ul class="cards" onScroll={noteScroll}>
        {(hero ? rest : cards).map((card) => (
          <Card key={card.item.itemId} {...card} {...props(card)} />
        ))}
      </ul>
    </section>
  );
}

export const Row = memo(FullRow);

/** For the mouse only: the keyboard and screen readers reach every card without them. */
function Arrows() {
  const scroll = (direction: number) => (event: MouseEvent) => {
    const cards = (event.target as Element).closest('.row')!.querySelector('.cards')!;
    cards.scrollBy({ left: direction * cards.clientWidth * 0.8 });
  };
  return (
    <div class="arrows" aria-hidden="true">
      <button type="button" class="round" tabindex={-1} onClick={scroll(-1)}>
        <PreviousIcon />
      </button>
      <button type="button" class="round" tabindex={-1} onClick={scroll(1)}>
        <NextIcon />
      </button>
    </div>
  );
}
