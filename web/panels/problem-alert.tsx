// Says what went wrong, and offers to try again.

import type { Problem } from '../../client/problem.ts';

export const ProblemAlert = ({ problem, onRetry }: { problem: Problem; onRetry: () => void }) => (
  <div class="problem" role="alert">
    <p>{problem.message}</p>
    <button type="button" class="quiet" onClick={onRetry}>
      Try again
    </button>
  </div>
);
