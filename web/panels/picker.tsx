// Selects the player whose gallery is shown: one seen recently, any id, or a new player.

import { readSubmittedText } from '../browser/form.ts';
import { memo } from '../browser/memo.ts';
import { usePopoverHistory } from '../browser/use-popover-history.ts';
import type { KnownPlayer } from '../player/api.ts';
import { Avatar } from './avatar.tsx';

export const PICKER_ID = 'player-picker';
const MINUTE_MS = 60_000;

export const newPlayerId = (): string => `guest-${crypto.randomUUID().slice(0, 6)}`;

interface PickerProps {
  userId: string;
  players: KnownPlayer[];
  onSelect: (userId: string) => void;
}

function FullPicker({ userId, players, onSelect }: PickerProps) {
  const popover = usePopoverHistory();
  const select = (selected: string) => {
    document.getElementById(PICKER_ID)?.hidePopover();
    onSelect(selected);
  };
  const submit = (event: Event) => {
    const typed = readSubmittedText(event);
    if (typed !== '') select(typed);
  };
  return (
    <section ref={popover} id={PICKER_ID} class="sheet picker" popover="auto" aria-label="Choose a player">
      <h2>Whose gallery?</h2>
      <button type="button" class="primary" onClick={() => select(newPlayerId())}>
        New player
      </button>
      <form onSubmit={submit}>
        <input name="userId" aria-label="Player id" placeholder="Any player id" maxlength={128} autocomplete="off" />
        <button type="submit" class="quiet">
          Open
        </button>
      </form>
      {players.length > 0 && <h3>Seen last</h3>}
      <ul>
        {players.map((player) => (
          <li key={player.userId}>
            <button type="button" aria-current={player.userId === userId} onClick={() => select(player.userId)}>
              <Avatar userId={player.userId} />
              <span>{player.userId}</span>
              <small>{describeAge(player.lastEventAt)}</small>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

export const PlayerPicker = memo(FullPicker);

function describeAge(time: string): string {
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(time)) / MINUTE_MS));
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 60 / 24)} d`;
}
