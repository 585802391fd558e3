// One game in a row. Pressing its picture sends a click; the other actions are below it.

import type { Item } from '../../models/contracts/item.ts';
import type { TabStop } from '../browser/arrow-keys.ts';
import { memo } from '../browser/memo.ts';
import type { Act, ActionType } from '../player/use-outbox.ts';
import { Actions } from './actions.tsx';
import { coverUrlOf, drawnCoverUrlOf } from './cover.ts';
import { describePrice } from './price.ts';

export interface CardProps {
  item: Item;
  /** Why the game is shown. */
  reason?: string;
  liked: boolean;
  /** A press on the game that the gallery has not answered yet. */
  pending: ActionType | undefined;
  tabindex: TabStop;
  onAct: Act;
  onExplain: (item: Item) => void;
}

function FullCard({ item, reason, liked, pending, tabindex, onAct, onExplain }: CardProps) {
  return (
    <li class="card" data-item={item.itemId} data-pending={pending}>
      <button
        type="button"
        class="open"
        tabindex={tabindex}
        data-action="click"
        title={[item.title, reason].filter(Boolean).join(' · ')}
        onClick={() => onAct('click', item)}
      >
        <CoverImage item={item} />
        <span class="title">{item.title}</span>
        <Facts item={item} />
      </button>
      <ExplainButton item={item} tabindex={tabindex} onExplain={onExplain} />
      <Actions item={item} liked={liked} tabindex={tabindex} onAct={onAct} />
    </li>
  );
}

/** Most cards stay as they are when the gallery changes. */
export const Card = memo(FullCard);

export function ExplainButton({ item, tabindex, onExplain }: Pick<CardProps, 'item' | 'tabindex' | 'onExplain'>) {
  return (
    <button
      type="button"
      class="round ask"
      tabindex={tabindex}
      data-action="ask"
      aria-label={`Why ${item.title}?`}
      aria-haspopup="dialog"
      title="Why this?"
      onClick={() => onExplain(item)}
    >
      ?
    </button>
  );
}

export function CoverImage({ item }: { item: Item }) {
  const fallBack = (event: Event) => {
    const image = event.target as HTMLImageElement;
    const drawn = drawnCoverUrlOf(item);
    if (image.getAttribute('src') !== drawn) image.src = drawn;
  };
  return (
    <span class="cover">
      <img src={coverUrlOf(item)} alt="" width="300" height="400" loading="lazy" decoding="async" onError={fallBack} />
    </span>
  );
}

export function Facts({ item }: { item: Item }) {
  const price = describePrice(item);
  return (
    <span class="facts">
      <span class="genre">{item.genres[0] ?? 'Game'}</span>
      {price !== null && <span class="price">{price}</span>}
    </span>
  );
}
