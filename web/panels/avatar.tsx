// A round badge for a player: the id's first letter on a colour that is always the same for that id.

import { hashString } from '../../models/features/rng.ts';

export function Avatar({ userId }: { userId: string }) {
  return (
    <span
      class="avatar"
      data-letter={userId.slice(0, 1).toUpperCase()}
      style={{ '--hue': String(hashString(userId) % 360) }}
    />
  );
}
