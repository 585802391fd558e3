// What the system made of the player: the taste it sees, who answered and how fast, and what was sent.

import type { Gallery } from '../models/contracts/gallery.ts';
import type { Taste, Timed } from './api.ts';
import type { LogLine, Player } from './player.ts';

const GENRES_SHOWN = 6;

export function SidePanel({ userId, player }: { userId: string; player: Player }) {
  return (
    <aside aria-label="What the recommender did">
      <TasteChips userId={userId} genres={player.signals?.genres ?? []} />
      <AnswerStatus answer={player.answer} heard={player.heard} />
      <ActionLog log={player.log} />
    </aside>
  );
}

function TasteChips({ userId, genres }: { userId: string; genres: Taste[] }) {
  return (
    <section class="panel taste">
      <h2>Taste of {userId}</h2>
      {genres.length === 0 && <p>Nothing is known yet. Click a game and watch.</p>}
      <ul>
        {genres.slice(0, GENRES_SHOWN).map(({ genre, share }) => {
          const percent = `${Math.round(share * 100)}%`;
          return (
            <li key={genre} style={{ '--share': percent }}>
              <span>{genre}</span>
              <b>{percent}</b>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function AnswerStatus({ answer, heard }: { answer: Timed<Gallery> | null; heard: string | null }) {
  const { tier, release, degraded, dataUntil } = answer?.body ?? { degraded: [] };
  return (
    <section class="panel answer">
      <h2>Last answer</h2>
      <p role="status" class={`tier-${tier}`}>
        {answer ? (
          <>
            <b>{tier} tier</b> in <b>{Math.round(answer.ms)} ms</b>{' '}
            <span class="release">{release ? `release ${release}` : 'no model release yet'}</span>
          </>
        ) : (
          'Waiting for the first answer'
        )}
      </p>
      {dataUntil && <p class="detail">Learnt from events until {new Date(dataUntil).toLocaleString()}</p>}
      {heard && <p class="detail heard">{heard}</p>}
      {degraded.map((step) => (
        <p key={step} class="detail degraded">
          {step}
        </p>
      ))}
    </section>
  );
}

function ActionLog({ log }: { log: LogLine[] }) {
  return (
    <section class="panel log">
      <h2>Events sent</h2>
      {log.length === 0 && <p>None yet.</p>}
      <ol>
        {log.map(({ id, text, outcome, ms }) => (
          <li key={id}>
            <span>{text}</span>
            <small>
              {outcome} · {Math.round(ms)} ms
            </small>
          </li>
        ))}
      </ol>
    </section>
  );
}
