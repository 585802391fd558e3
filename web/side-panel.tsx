// What the recommender did: the player's taste as it sees it, which tier answered and how fast, and the events sent.

import type { Gallery } from '../models/contracts/gallery.ts';
import type { Taste, Timed } from './api.ts';
import type { SentEvent } from './use-outbox.ts';

const GENRES_SHOWN = 6;

interface SidePanelProps {
  userId: string;
  tastes: readonly Taste[];
  answer: Timed<Gallery> | null;
  lastNotice: string | null;
  sent: readonly SentEvent[];
}

export function SidePanel({ userId, tastes, answer, lastNotice, sent }: SidePanelProps) {
  return (
    <aside aria-label="What the recommender did">
      <TastePanel userId={userId} tastes={tastes} />
      <AnswerPanel answer={answer} lastNotice={lastNotice} />
      <SentPanel sent={sent} />
    </aside>
  );
}

function TastePanel({ userId, tastes }: { userId: string; tastes: readonly Taste[] }) {
  return (
    <section class="panel taste">
      <h2>Taste of {userId}</h2>
      {tastes.length === 0 && <p>Nothing is known yet. Click a game and watch.</p>}
      <ul>
        {tastes.slice(0, GENRES_SHOWN).map(({ genre, share }) => {
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

function AnswerPanel({ answer, lastNotice }: { answer: Timed<Gallery> | null; lastNotice: string | null }) {
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
      {dataUntil && <p class="detail">Trained on events until {new Date(dataUntil).toLocaleString()}</p>}
      {lastNotice && <p class="detail notice">{lastNotice}</p>}
      {degraded.map((step) => (
        <p key={step} class="detail degraded">
          {step}
        </p>
      ))}
    </section>
  );
}

function SentPanel({ sent }: { sent: readonly SentEvent[] }) {
  return (
    <section class="panel log">
      <h2>Events sent</h2>
      {sent.length === 0 && <p>None yet.</p>}
      <ol>
        {sent.map(({ id, text, outcome, ms }) => (
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
