// The first screen of a new player: genres and games to pick from. It can be skipped.

import { useState } from 'preact/hooks';
import type { Item } from '../../models/contracts/item.ts';
import { CoverImage } from './card.tsx';

const GAMES_OFFERED = 8;

interface WelcomeProps {
  genres: readonly string[];
  games: readonly Item[];
  onPick: (picked: { genres: string[]; items: string[] }) => void;
  onSkip: () => void;
}

export function Welcome({ genres, games, onPick, onSkip }: WelcomeProps) {
  const [picked, setPicked] = useState<readonly string[]>([]);
  const [liked, setLiked] = useState<readonly string[]>([]);
  const toggle = (list: readonly string[], one: string) =>
    list.includes(one) ? list.filter((other) => other !== one) : [...list, one];
  const count = picked.length + liked.length;
  return (
    <section class="welcome" aria-label="Welcome">
      <h1>What do you like to play?</h1>
      <p>Pick what you like, and your next gallery will reflect it.</p>
      <div class="chips">
        {genres.map((genre) => (
          <button
            key={genre}
            type="button"
            class="chip"
            aria-pressed={picked.includes(genre)}
            onClick={() => setPicked((now) => toggle(now, genre))}
          >
            {genre}
          </button>
        ))}
      </div>
      <ul class="offers">
        {games.slice(0, GAMES_OFFERED).map((item) => (
          <li key={item.itemId}>
            <button
              type="button"
              aria-pressed={liked.includes(item.itemId)}
              onClick={() => setLiked((now) => toggle(now, item.itemId))}
            >
              <CoverImage item={item} />
              <span class="title">{item.title}</span>
            </button>
          </li>
        ))}
      </ul>
      <div class="welcome-actions">
        <button
          type="button"
          class="primary"
          disabled={count === 0}
          onClick={() => onPick({ genres: [...picked], items: [...liked] })}
        >
          {count === 0 ? 'Pick one or more' : 'Show my gallery'}
        </button>
        <button type="button" class="quiet" onClick={onSkip}>
          Skip
        </button>
      </div>
    </section>
  );
}
