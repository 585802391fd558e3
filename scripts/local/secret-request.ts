// Sends a command's request with its key or token, and reads the answer. Does not judge the answer.

export interface SecretRequest {
  method: string;
  url: string | URL;
  /** In errors: where the request goes. */
  server: string;
  /** A key or token. */
  secret: string;
  /** In errors: where the secret comes from. */
  secretName: string;
  /** Sent as JSON. */
  body?: object | undefined;
  timeoutMs: number;
  /** In errors, after “does not answer”: advice, or nothing. */
  remedy: string;
}
export interface TextAnswer {
  ok: boolean;
  status: number;
  text: string;
}

/** The request may have had its effect: the answer was lost, or there was none. */
export class NoAnswerError extends Error {}

/** Throws if the secret cannot be one, and a NoAnswerError if the server does not answer. */
export async function sendWithSecret(request: SecretRequest): Promise<TextAnswer> {
  const { method, url, server, secret, secretName, body, timeoutMs, remedy } = request;
  // The error of fetch would quote the header.
  if (!/^[\x21-\x7e]*$/.test(secret))
    throw new Error(`${secretName} has a character that no key or token has: copy it again, whole`);
  try {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      // A redirect would pass the secret on.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return { ok: response.ok, status: response.status, text: await response.text() };
  } catch (error) {
    const { message, cause } = error as Error & { cause?: Error };
    throw new NoAnswerError(`${server} does not answer (${cause?.message || message})${remedy}`, { cause: error });
  }
}
