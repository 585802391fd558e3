import { expect, test } from 'vitest';
import { benchRollback } from './rollback.ts';

const LIMIT_MS = 300_000;
/** By when the rest of the world follows a change. */
const FOLLOW_SECONDS = 30;

test(
  'a rollback while requests run: none fails, none is empty or without the model, every isolate follows',
  async () => {
    const { answers, faults, moves } = await benchRollback(
      { isolates: 3, players: 2, rollbacks: 2, items: 500 },
      () => {},
    );
    expect(faults).toEqual({});
    expect(moves.map(({ to }) => to)).toEqual(['bench-500', 'bench-second']);
    for (const { answers: ofMove, followedSeconds } of moves) {
      expect(ofMove).toBeGreaterThan(0);
      expect(followedSeconds).not.toBeNull();
      expect(followedSeconds).toBeLessThan(FOLLOW_SECONDS);
    }
    expect(answers).toBeGreaterThan(moves.reduce((sum, move) => sum + move.answers, 0));
  },
  LIMIT_MS,
);
