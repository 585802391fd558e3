// A game's buttons: play, like, dismiss.

import type { Item } from '../../models/contracts/item.ts';
import type { TabStop } from '../browser/arrow-keys.ts';
import type { Act } from '../player/use-outbox.ts';
import { DismissIcon, LikeIcon, PlayIcon } from './icons.tsx';

interface ActionsProps {
  item: Item;
  liked: boolean;
  tabindex: TabStop;
  onAct: Act;
}

export function Actions({ item, liked, tabindex, onAct }: ActionsProps) {
  return (
    <div class="actions">
      <button
        type="button"
        class="play"
        tabindex={tabindex}
        data-action="play"
        aria-label={`Play ${item.title}`}
        onClick={() => onAct('play', item)}
      >
        <PlayIcon />
        Play
      </button>
      <button
        type="button"
        class={liked ? 'round liked' : 'round'}
        tabindex={tabindex}
        data-action="like"
        aria-label={`Like ${item.title}`}
        aria-pressed={liked}
        title={liked ? 'Unlike' : 'Like'}
        onClick={() => onAct(liked ? 'unlike' : 'like', item)}
      >
        <LikeIcon />
      </button>
      <button
        type="button"
        class="round"
        tabindex={tabindex}
        data-action="dismiss"
        aria-label={`Dismiss ${item.title}`}
        title="Not for me"
        onClick={() => onAct('dismiss', item)}
      >
        <DismissIcon />
      </button>
    </div>
  );
}
