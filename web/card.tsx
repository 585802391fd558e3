// One game on a shelf: pressing its picture is a click, and beneath it are the other things a player can do.

import type { Item } from '../models/contracts/item.ts';
import { Actions } from './actions.tsx';
import { coverOf, drawnCoverOf } from './cover.ts';
import type { Act } from './player.ts';

export interface CardProps {
  item: Item;
  /** Why this game is here. */
  reason?: string;
  position?: number;
  liked: boolean;
  onAct: Act;
  onAsk: (item: Item) => void;
}

export function Card({ item, reason, position, liked, onAct, onAsk }: CardProps) {
  return (
    <li class="card" data-item={item.itemId}>
      <button
        type="button"
        class="open"
        data-action="click"
        title={reason}
        onClick={() => onAct('click', item, position)}
      >
        <CoverImage item={item} />
        <span class="title">{item.title}</span>
        <Facts item={item} />
      </button>
      <AskButton item={item} onAsk={onAsk} />
      <Actions item={item} position={position} liked={liked} onAct={onAct} />
    </li>
  );
}

export function AskButton({ item, onAsk }: Pick<CardProps, 'item' | 'onAsk'>) {
  return (
    <button
      type="button"
      class="round ask"
      data-action="ask"
      aria-label={`Why ${item.title}?`}
      title="Why this?"
      onClick={() => onAsk(item)}
    >
      ?
    </button>
  );
}

export function CoverImage({ item }: { item: Item }) {
  const fallBack = (event: Event) => {
    const image = event.target as HTMLImageElement;
    const drawn = drawnCoverOf(item);
    if (image.getAttribute('src') !== drawn) image.src = drawn;
  };
  return (
    <span class="cover">
      <img src={coverOf(item)} alt="" width="300" height="400" loading="lazy" decoding="async" onError={fallBack} />
    </span>
  );
}

export function Facts({ item }: { item: Item }) {
  return (
    <span class="facts">
      <span class="genre">{item.genres[0] ?? 'Game'}</span>
      {item.price !== null && <span class="price">{item.price === 0 ? 'Free' : item.price.toFixed(2)}</span>}
    </span>
  );
}
