// One row of the gallery: its title, why it is there, and a shelf of cards that scrolls sideways.

import type { Item } from '../models/contracts/item.ts';
import { Card } from './card.tsx';
import { Hero } from './hero.tsx';
import { CloseIcon, NextIcon, PreviousIcon } from './icons.tsx';
import type { Act } from './player.ts';

interface RowProps {
  id: string;
  title: string;
  reason: string;
  cards: { item: Item; reason?: string; position?: number }[];
  liked: ReadonlySet<string>;
  onAct: Act;
  onAsk: (item: Item) => void;
  /** The first game is shown large. */
  withHero?: boolean;
  onClose?: () => void;
}

export function Row({ id, title, reason, cards, liked, onAct, onAsk, withHero, onClose }: RowProps) {
  const hero = withHero ? cards[0] : undefined;
  return (
    <section class="row" data-row={id} aria-label={title}>
      {hero && (
        <Hero key={hero.item.itemId} {...hero} liked={liked.has(hero.item.itemId)} onAct={onAct} onAsk={onAsk} />
      )}
      <div class="row-head">
        <h2>{title}</h2>
        <p>{reason}</p>
        {onClose ? (
          <button type="button" class="round" aria-label="Close the results" onClick={onClose}>
            <CloseIcon />
          </button>
        ) : (
          <Arrows />
        )}
      </div>
      <ul class="shelf">
        {(hero ? cards.slice(1) : cards).map((card) => (
          <Card key={card.item.itemId} {...card} liked={liked.has(card.item.itemId)} onAct={onAct} onAsk={onAsk} />
        ))}
      </ul>
    </section>
  );
}

/** For the mouse alone: the keyboard and a screen reader reach every card without them. */
function Arrows() {
  const scroll = (direction: number) => (event: MouseEvent) => {
    const shelf = (event.target as Element).closest('.row')!.querySelector('.shelf')!;
    shelf.scrollBy({ left: direction * shelf.clientWidth * 0.8 });
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
