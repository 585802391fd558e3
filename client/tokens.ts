// The token in use. All requests that wait for a new one share one call of the game's callback.

import { startDeadline } from './deadline.ts';
import { createOwnProblem } from './problem.ts';

/**
 * Returns a token that is valid now. Called before the first request, and when the server refuses a token, which is
 * then the argument. Undefined means that there is no other: the request fails with the server's problem.
 */
export type GetToken = (refused?: string) => string | undefined | Promise<string | undefined>;

export interface TokenSource {
  /** The token in use. Undefined before the first, and after one that was refused. */
  get(): string | undefined;
  /** Resolves to undefined if there is no other. Rejects with a Problem if the callback throws or takes too long. */
  renew(refused?: string): Promise<string | undefined>;
}

/** A text that cannot be sent in a header is not a token but, for example, a proxy's page. */
const TOKEN_PATTERN = /^[!-~]+$/;

/** `timeoutMs`: for each call of the callback. A token that comes later still counts. */
export function openTokenSource(getToken: GetToken, timeoutMs: number): TokenSource {
  let token: string | undefined;
  let renewing: Promise<string | undefined> | undefined;

  const ask = async (refused?: string): Promise<string | undefined> => {
    const fresh = (await getToken(refused))?.trim();
    if (fresh !== undefined && !TOKEN_PATTERN.test(fresh)) throw new TypeError('getToken returned no token');
    token = fresh === refused ? undefined : fresh;
    return token;
  };
  const askInTime = async (refused?: string): Promise<string | undefined> => {
    const deadline = startDeadline(timeoutMs);
    try {
      return await deadline.race(ask(refused));
    } catch (error) {
      throw createOwnProblem(deadline.signal.aborted ? 'timeout' : 'token', 'There is no token.', error);
    }
  };
  return {
    get: () => token,
    async renew(refused) {
      // Another request may have renewed it.
      if (refused !== undefined && token !== undefined && token !== refused) return token;
      renewing ??= askInTime(refused).finally(() => {
        renewing = undefined;
      });
      return renewing;
    },
  };
}
