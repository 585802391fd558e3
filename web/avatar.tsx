// A round badge for a player: the id's first letter on a colour that is always the same for that id.

import { hash } from './cover.ts';

export function Avatar({ userId }: { userId: string }) {
  return (
    <span class="avatar" aria-hidden="true" style={{ '--hue': String(hash(userId) % 360) }}>
      {userId.slice(0, 1).toUpperCase()}
    </span>
  );
}
