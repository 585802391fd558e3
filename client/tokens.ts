// The token in use. All requests that wait for a new one share one call of the game's callback.

import { createOwnProblem } from './problem.ts';

/**
 * Returns a token that is valid now. Called before the first request, and when the server refuses a token, which is
 * then the argument. Undefined if there is no other: the request fails with the server's problem.
 */
export type GetToken = (refused?: string) => string | undefined | Promise<string | undefined>;

export interface TokenSource {
  /** The token in use. Undefined before the first, and after one that was refused. */
  get(): string | undefined;
  /** Resolves to undefined if there is no other. Rejects with a Problem if the callback throws. */
  renew(refused?: string): Promise<string | undefined>;
}

export function openTokenSource(getToken: GetToken): TokenSource {
  let token: string | undefined;
  let renewing: Promise<string | undefined> | undefined;

  const ask = async (refused?: string): Promise<string | undefined> => {
    try {
      const fresh = await getToken(refused);
      token = fresh === refused ? undefined : fresh;
      return token;
    } catch (error) {
      throw createOwnProblem('token', 'There is no token.', error);
    } finally {
      renewing = undefined;
    }
  };
  return {
    get: () => token,
    async renew(refused) {
      // Another request may have renewed it.
      if (refused !== undefined && token !== undefined && token !== refused) return token;
      renewing ??= ask(refused);
      return renewing;
    },
  };
}
