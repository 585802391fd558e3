// The first game of the first row, shown large.

import { Actions } from './actions.tsx';
import { type CardProps, CoverImage, ExplainButton, Facts } from './card.tsx';
import { coverUrlOf } from './cover.ts';

const TAGS_SHOWN = 4;

export function Hero({ item, reason, liked, pending, tabindex, onAct, onExplain }: CardProps) {
  return (
    <article class="hero" data-item={item.itemId} data-pending={pending}>
      <img class="backdrop" src={coverUrlOf(item)} alt="" />
      <button
        type="button"
        class="open"
        tabindex={tabindex}
        data-action="click"
        aria-label={`Look at ${item.title}`}
        onClick={() => onAct('click', item)}
      >
        <CoverImage item={item} />
      </button>
      <div class="hero-text">
        <p class="eyebrow">{reason}</p>
        <h1 title={item.title}>{item.title}</h1>
        <Facts item={item} />
        <ul class="tags">
          {item.tags.slice(0, TAGS_SHOWN).map((tag) => (
            <li key={tag}>{tag}</li>
          ))}
        </ul>
        <div class="hero-actions">
          <Actions item={item} liked={liked} tabindex={tabindex} onAct={onAct} />
          <ExplainButton item={item} tabindex={tabindex} onExplain={onExplain} />
        </div>
      </div>
    </article>
  );
}
