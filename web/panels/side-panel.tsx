// The recommender's side: the player's taste as inferred, the tier and time of the last answer, and the events sent.
// The answer is a bar at the bottom of the screen; its button opens the events.

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Gallery } from '../../models/contracts/gallery.ts';
import { memo } from '../browser/memo.ts';
import type { Signals } from '../player/api.ts';
import type { SentEvent } from '../player/event-log.ts';
import type { Timed } from '../player/timed.ts';

const GENRES_SHOWN = 6;
const SENT_ID = 'sent';

interface SidePanelProps {
  userId: string;
  /** Null until they are loaded. */
  signals: Signals | null;
  answer: Timed<Gallery> | null;
  lastNotice: string | null;
  sent: readonly SentEvent[];
}

function FullPanel({ userId, signals, answer, lastNotice, sent }: SidePanelProps) {
  const [open, setOpen] = useState(false);
  return (
    <aside aria-label="The recommender">
      <TastePanel userId={userId} signals={signals} />
      <AnswerPanel answer={answer} lastNotice={lastNotice}>
        <button
          type="button"
          class="quiet"
          aria-expanded={open}
          aria-controls={SENT_ID}
          onClick={() => setOpen((now) => !now)}
        >
          Events sent
        </button>
      </AnswerPanel>
      <SentPanel sent={sent} open={open} />
    </aside>
  );
}

export const SidePanel = memo(FullPanel);

function TastePanel({ userId, signals }: Pick<SidePanelProps, 'userId' | 'signals'>) {
  const tastes = signals?.genres ?? [];
  return (
    <section class="panel taste">
      <h2>Taste of {userId}</h2>
      {signals !== null && tastes.length === 0 && <p>{explainNoTaste(signals)}</p>}
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

/** A player may have a history without liking anything that has a genre. */
const explainNoTaste = ({ history, dismissed }: Signals): string =>
  history.length === 0 && dismissed.length === 0
    ? 'Nothing is known yet. Click a game and watch.'
    : 'No favourite genre is known yet.';

interface AnswerPanelProps {
  children: ComponentChildren;
  answer: Timed<Gallery> | null;
  lastNotice: string | null;
}

function AnswerPanel({ answer, lastNotice, children }: AnswerPanelProps) {
  const { tier, release, degraded, dataUntil } = answer?.body ?? { degraded: [] };
  return (
    <section class="answer" aria-label="Last answer">
      <p class={`tier tier-${tier}`}>
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
      {degraded.map(({ step, reason }) => (
        <p key={step} class="detail degraded">
          {step}: {reason}
        </p>
      ))}
      {children}
    </section>
  );
}

function SentPanel({ sent, open }: { sent: readonly SentEvent[]; open: boolean }) {
  return (
    <section
      id={SENT_ID}
      class={open ? 'panel log open' : 'panel log'}
      aria-labelledby={`${SENT_ID}-title`}
      tabindex={0}
    >
      <h2 id={`${SENT_ID}-title`}>Events sent</h2>
      {sent.length === 0 && <p>None yet.</p>}
      <ol>
        {sent.map(({ id, text, outcome, ms }) => (
          <li key={id}>
            <span>{text}</span>
            <small>{ms === undefined ? outcome : `${outcome} · ${Math.round(ms)} ms`}</small>
          </li>
        ))}
      </ol>
    </section>
  );
}
