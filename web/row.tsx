// One row of the gallery: its title, the reason for it, and cards that scroll sideways.

import type { Item } from '../models/contracts/item.ts';
import { Card } from './card.tsx';
import { Hero } from './hero.tsx';
import { CloseIcon, NextIcon, PreviousIcon } from './icons.tsx';
import type { Act } from './use-outbox.ts';

interface RowProps {
  id: string;
  title: string;
  reason: string;
  cards: { item: Item; reason?: string; position?: number }[];
  liked: ReadonlySet<string>;
  onAct: Act;
  onExplain: (item: Item) => void;
  /** Shows the first game large. */
  withHero?: boolean;
  onClose?: () => void;
}

export function Row({ id, title, reason, cards, liked, onAct, onExplain, withHero, onClose }: RowProps) {
  const [first, ...rest] = cards;
  const hero = withHero ? first : undefined;
  const props = ({ item }: { item: Item }) => ({ liked: liked.has(item.itemId), onAct, onExplain });
  return (
    <section class="row" data-row={id} aria-label={title}>
      {hero && <Hero key={hero.item.itemId} {...hero} {...props(hero)} />}
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
      <ul class="cards">
        {(hero ? rest : cards).map((card) => (
          <Card key={card.item.itemId} {...card} {...props(card)} />
        ))}
      </ul>
    </section>
  );
}

/** For the mouse alone: the keyboard and a screen reader reach every card without them. */
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
